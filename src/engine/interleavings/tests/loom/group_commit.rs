//! The commit buffer and its committer: what is appended while the committer goes to sleep rouses
//! it. Its park has no timeout here: a wake that is lost is a deadlock, which loom tells.

use crate::commit::{CommitBuffer, Records};
use crate::explore::explore;
use crate::sync::thread;
use std::sync::Arc;
use wal::Lsn;

/// Room for a few records; what matters is who comes when.
const FRAME_BYTES: usize = 1024;

pub fn buffer() -> Arc<CommitBuffer> {
    Arc::new(CommitBuffer::new(Lsn(0), FRAME_BYTES))
}

pub fn record() -> Records {
    let mut records = Records::default();
    records.push(|bytes| bytes.push(7));
    records
}

/// Commits until the last of so many records is durable, as `Committer::step` and `park` do.
pub fn commit_all(commit: &CommitBuffer, last: Lsn, mut durable: impl FnMut(Lsn)) {
    commit.attend(thread::current());
    while commit.durable() < last {
        if let Some(group) = commit.take() {
            let (first, end) = (group.first_lsn, group.last_lsn());
            assert_eq!(first.0, commit.durable().0 + 1, "groups follow each other without a gap");
            commit.done(group);
            durable(end);
        } else if commit.may_park() {
            thread::park();
            commit.woke();
        }
    }
}

#[test]
fn an_append_rouses_a_committer_that_goes_to_sleep() {
    explore("group commit, two appenders", 3, || {
        let commit = buffer();
        let append = || {
            let commit = Arc::clone(&commit);
            thread::spawn(move || commit.append(&record()))
        };
        let appenders = [append(), append()];
        commit_all(&commit, Lsn(2), |_| {});
        let mut lsns = appenders.map(|appender| appender.join().expect("an appender does not panic"));
        lsns.sort_unstable();
        assert_eq!(lsns, [Lsn(1), Lsn(2)]);
        assert_eq!(commit.waiting_bytes(), 0);
    });
}
