"""What the benchmarks share: private servers, processor time, rounds and verdicts."""
