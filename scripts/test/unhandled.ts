/**
 * Mocha plugin: a rejected promise that nobody handles fails the test that is running. Mocha 12 takes note of such rejections
 * but does nothing about them when nobody else listens.
 */
process.on('unhandledRejection', (reason) => {
  throw reason instanceof Error
    ? reason
    : new Error('A promise was rejected and nobody handled it.', { cause: reason });
});
