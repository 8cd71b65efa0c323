//! Forgets what is older than the horizon, a bounded piece at a time.
