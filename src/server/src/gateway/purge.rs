//! What is kept, thrown away by an operator's hand: all of it, or what is of some paths. It knows no listener.

use super::Shared;
use super::route::Pattern;
use crate::config::gateway as written;

impl Shared {
    /// Throws away what is kept of a path, or with `*` at its end of all that begin like it, or all; what is on its way will
    /// not be kept either. Of how many targets there was something, or why the path is none.
    pub fn purge(&self, path: Option<&str>) -> Result<usize, String> {
        let pattern = path.map(written::path).transpose()?.map(|path| Pattern::new(&path, Vec::new()));
        let is_meant = |path: &str| pattern.as_ref().is_none_or(|pattern| pattern.matches_path(path));
        Ok(self.cache.as_ref().map_or(0, |cache| cache.purge(is_meant, self.clock.now())))
    }
}
