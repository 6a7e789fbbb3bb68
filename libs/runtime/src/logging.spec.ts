import { createLogger } from './logging';

function capture(level: 'debug' | 'info' = 'info') {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  return { lines, logger: createLogger({ level, name: 'ingestion', destination }) };
}

describe('createLogger', () => {
  it('writes one JSON object per line, with name, level and ISO time', () => {
    const { lines, logger } = capture();
    logger.info({ correlationId: 'c-1' }, 'hello');
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        name: 'ingestion',
        correlationId: 'c-1',
        msg: 'hello',
      },
    ]);
  });

  it('leaves out what is below its level, and hands fields to its children', () => {
    const { lines, logger } = capture();
    logger.debug({}, 'not this');
    logger.child({ source: 'flights' }).warn({ correlationId: 'c-2' }, 'this');
    expect(lines).toMatchObject([{ level: 'warn', source: 'flights', correlationId: 'c-2' }]);
  });

  it('redacts secrets by name, also in nested fields', () => {
    const { lines, logger } = capture();
    logger.info({ token: 't', config: { password: 'p' }, request: { headers: { authorization: 'a' } } }, 'x');
    expect(lines[0]).toMatchObject({
      token: '[redacted]',
      config: { password: '[redacted]' },
      request: { headers: { authorization: '[redacted]' } },
    });
  });

  it('redacts credentials within URLs, also in messages and errors', () => {
    const { lines, logger } = capture();
    logger.error({ err: new Error('no mongodb://me:pw@db:27017/x') }, 'at nats://me:pw@bus');
    const text = JSON.stringify(lines);
    expect(text).not.toContain('pw');
    expect(text).toContain('mongodb://[redacted]@db:27017/x');
  });
});
