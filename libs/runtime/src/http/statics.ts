/** Files of a directory: what is asked stays within it, dot files stay hidden, other methods are 405 where a file is. */
import type { RequestHandler } from 'express';
import express from 'express';
import { HttpProblem } from '@tenon/errors';
import { stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';

export interface Statics {
  /** Where they appear, e.g. `/` or `/docs`. */
  readonly prefix: string;
  readonly directory: string;
  /** The file that stands for a directory; absent: `index.html`. */
  readonly index?: string;
  /** Sent with each of its files, e.g. a content security policy. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Middleware to be mounted at the prefix. */
export function serveStatics({ directory, index = 'index.html', headers = {} }: Statics): RequestHandler[] {
  const files = express.static(directory, {
    index,
    dotfiles: 'ignore',
    redirect: false,
    setHeaders: (response) => {
      response.setHeader('cache-control', 'no-cache');
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    },
  });
  const otherMethods: RequestHandler = async (request, _response, next) => {
    if (await isFile(directory, request.path, index)) {
      throw new HttpProblem(
        405,
        'method-not-allowed',
        'A file can only be read.',
        {},
        { allow: 'GET, HEAD' },
      );
    }
    next();
  };
  return [
    (request, response, next) =>
      request.method === 'GET' || request.method === 'HEAD'
        ? files(request, response, next)
        : otherMethods(request, response, next),
  ];
}

async function isFile(directory: string, path: string, index: string): Promise<boolean> {
  const root = resolve(directory);
  const file = resolve(join(root, decodeURIComponent(path.endsWith('/') ? path + index : path)));
  if (!file.startsWith(root + sep) || file.includes(`${sep}.`)) return false;
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
