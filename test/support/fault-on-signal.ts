/** Loaded into a gateway's process before anything else: signals make faults that nobody catches. */
process.on('SIGUSR1', () => {
  setImmediate(() => {
    throw new Error('injected fault with "canary-content" in it');
  });
});
process.on('SIGUSR2', () => {
  void Promise.reject(new Error('injected rejection with "canary-content" in it'));
});
