// No test judges speed by the clock: a limit is for what hangs. Set for each suite, so that `jest --projects …` and
// `nx test <project>`, which do not read the root's testTimeout, have it too.
jest.setTimeout(300_000);
