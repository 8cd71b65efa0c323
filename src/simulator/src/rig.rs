//! What a world runs on: the disk and the projection as the engine sees them. The sound rig hands out
//! the simulated ones; a test that must see a promise broken hands out ones that lie.

use engine::{MemoryProjection, Projection};
use std::sync::Arc;
use wal::Disk;
use wal::faulty::FaultyDisk;

/// How the engine reaches the simulated disk and projection.
pub trait Rig {
    /// The disk that the engine's log is on.
    type Disk: Disk;

    /// The engine's way to this disk.
    fn disk(&self, disk: &FaultyDisk) -> Self::Disk;

    /// The engine's way to this projection.
    fn projection(&self, projection: &Arc<MemoryProjection>) -> Arc<dyn Projection>;
}

/// Nothing in between.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sound;

impl Rig for Sound {
    type Disk = FaultyDisk;

    fn disk(&self, disk: &FaultyDisk) -> FaultyDisk {
        disk.clone()
    }

    fn projection(&self, projection: &Arc<MemoryProjection>) -> Arc<dyn Projection> {
        Arc::clone(projection) as Arc<dyn Projection>
    }
}
