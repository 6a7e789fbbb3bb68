/** All that is not hot: Express routes it. Its own answers (404, 405, errors) are replaced by problem documents. */
import { HttpProblem } from '@tenon/errors';
import type { Route } from '@tenon/ports';
import type { ErrorRequestHandler, Express, Request } from 'express';
import express from 'express';
import type { Dispatcher, Exchange } from './dispatch';
import type { Statics } from './statics';
import { serveStatics } from './statics';

/** @param exchangeOf the exchange that belongs to a request */
export function createApp(
  routes: readonly Route[],
  statics: readonly Statics[],
  dispatcher: Dispatcher,
  exchangeOf: (request: Request) => Exchange,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  // Routes check their own query strictly (query.ts); nothing else may read one.
  app.set('query parser', false);
  for (const route of routes) {
    app[route.method === 'GET' ? 'get' : 'post'](route.path, (request) =>
      dispatcher.serve(route, request.params as Record<string, string>, exchangeOf(request)),
    );
  }
  // After all routes, since the pattern of one may match the path of another.
  for (const [path, allow] of allowedMethods(routes)) {
    app.all(path, (request, response) => {
      if (request.method !== 'OPTIONS') {
        throw new HttpProblem(405, 'method-not-allowed', `This path takes ${allow}.`, {}, { allow });
      }
      response.writeHead(204, { allow }).end();
    });
  }
  for (const files of statics) app.use(files.prefix, ...serveStatics(files));
  app.use(() => {
    throw new HttpProblem(404, 'not-found', 'There is nothing at this path.');
  });
  const onError: ErrorRequestHandler = (error, request, _response, _next) => {
    dispatcher.fail(exchangeOf(request), error);
  };
  app.use(onError);
  return app;
}

function allowedMethods(routes: readonly Route[]): Map<string, string> {
  const allowed = new Map<string, string>();
  for (const { path, method } of routes) {
    const mine = method === 'GET' ? 'GET, HEAD' : method;
    const others = allowed.get(path);
    allowed.set(path, others === undefined ? mine : `${others}, ${mine}`);
  }
  return allowed;
}
