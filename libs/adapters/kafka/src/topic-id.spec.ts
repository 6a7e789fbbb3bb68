import { decodeTopicAnswer, encodeTopicQuestion } from './topic-id';

/** As Kafka 4.3 has answered, with one broker. */
const answer = (errorCode: number) =>
  Buffer.concat([
    Buffer.from([0, 0, 0, 0, 7, 2]),
    Buffer.from([0, 0, 0, 1, 10]),
    Buffer.from('127.0.0.1'),
    Buffer.from([0, 0, 0x4a, 0x94, 0, 0]),
    Buffer.from([4]),
    Buffer.from('abc'),
    Buffer.from([0, 0, 0, 1, 2, 0, errorCode, 2]),
    Buffer.from('t'),
    Buffer.from('00112233445566778899aabbccddeeff', 'hex'),
    Buffer.from([0, 1, 0, 0]),
  ]);

test('a topic is asked for by its name, and not made', () => {
  expect(encodeTopicQuestion('t').toString('hex')).toBe(`0002${'00'.repeat(16)}02740000000000`);
  const long = encodeTopicQuestion('x'.repeat(200));
  expect(long.subarray(18, 20)).toEqual(Buffer.from([0xc9, 0x01]));
});

test('the answer has its id, or why there is none', () => {
  expect(decodeTopicAnswer(answer(0))).toEqual({
    clientSideThrottleTime: 7,
    errorCode: 0,
    id: '00112233-4455-6677-8899-aabbccddeeff',
  });
  expect(decodeTopicAnswer(answer(3)).errorCode).toBe(3);
});

test('an answer that ends too early is none', () => {
  const whole = answer(0);
  for (let length = 0; length < whole.length - 4; length++)
    expect(() => decodeTopicAnswer(whole.subarray(0, length))).toThrow();
});
