//! Seeded inputs for the tests that stand in for the fuzzer on a stable toolchain, which include this file: how many there
//! are, which one failed, and bytes spoilt at random. It knows nothing of what is tested.

use fastrand::Rng;

/// Figures at which fields change their meaning.
const EDGES: &[u64] = &[0, 1, 2, 63, 64, 65, 127, 128, 255, 256, 511, 512, 1 << 16, 1 << 20, 1 << 31, 1 << 32, 1 << 63];

/// Tries `FUZZ_INPUTS` inputs, or so many, made from the seeds from `FUZZ_SEED` on; what fails names its seed.
pub fn each(inputs: u64, mut test: impl FnMut(&mut Rng)) {
    let first = setting("FUZZ_SEED", 0);
    for seed in first..first + setting("FUZZ_INPUTS", inputs) {
        let _told = Told(seed);
        test(&mut Rng::with_seed(seed));
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Tells the seed of an input that failed.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("to see it again: FUZZ_SEED={} FUZZ_INPUTS=1", self.0);
        }
    }
}

/// One of them.
pub fn any_of<'s, T>(rng: &mut Rng, of: &'s [T]) -> &'s T {
    &of[rng.usize(..of.len())]
}

/// Spoils bytes at one to four places; some of what is put there comes from other bytes of the kind.
pub fn spoil(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..=rng.u8(..4) {
        spoil_once(rng, bytes, other);
    }
}

fn spoil_once(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = rng.usize(..=bytes.len());
    let span = at..bytes.len().min(at + 1 + few(rng));
    match rng.u8(..9) {
        0 => bytes[span].iter_mut().take(1).for_each(|byte| *byte ^= 1 << rng.u8(..8)),
        1 => bytes[span].fill_with(|| rng.u8(..)),
        2 => bytes[span].fill(0),
        3 => overwrite(bytes, at, &edge(rng)),
        4 => overwrite(bytes, at, stretch(rng, other)),
        5 => {
            bytes.splice(at..at, stretch(rng, other).iter().copied());
        }
        6 => {
            let again = bytes[span].to_vec();
            bytes.splice(at..at, again);
        }
        7 => {
            bytes.drain(span);
        }
        _ => bytes.truncate(at),
    }
}

/// Mostly few, sometimes many.
fn few(rng: &mut Rng) -> usize {
    let most = 1 << rng.u8(..12);
    rng.usize(..most)
}

/// A figure beside an edge, in a field of four or eight bytes.
fn edge(rng: &mut Rng) -> Vec<u8> {
    let figure = any_of(rng, EDGES).wrapping_sub(rng.u64(..2));
    let width = if rng.bool() { 4 } else { 8 };
    figure.to_le_bytes()[..width].to_vec()
}

fn stretch<'b>(rng: &mut Rng, of: &'b [u8]) -> &'b [u8] {
    let at = rng.usize(..=of.len());
    &of[at..of.len().min(at + 1 + few(rng))]
}

fn overwrite(bytes: &mut [u8], at: usize, with: &[u8]) {
    let rest = &mut bytes[at..];
    let length = with.len().min(rest.len());
    rest[..length].copy_from_slice(&with[..length]);
}
