//! A caller with a port of its own: asks several things in a row, then sleeps until it was told all
//! of it. It must not know what else runs.

use engine::{Answer, Engine, Port, Request, Ticket};
use shuttle::thread;
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct Caller {
    engine: Arc<Engine>,
    port: Arc<Port>,
}

impl Caller {
    /// For the thread that calls: it is the one that is woken.
    pub fn new(engine: &Arc<Engine>) -> Self {
        let thread = thread::current();
        let port = Port::new(move || thread.unpark());
        engine.attach(&port);
        Self { engine: Arc::clone(engine), port }
    }

    /// The answers, in the order of the requests.
    pub fn ask(&self, requests: Vec<Request>) -> Vec<Answer> {
        let asked = requests.len();
        let mut told = BTreeMap::new();
        for (number, request) in requests.into_iter().enumerate() {
            let ticket = Ticket(number as u32);
            if let Some(answer) = self.engine.submit(&self.port, ticket, request) {
                assert!(told.insert(ticket.0, answer).is_none(), "{ticket:?} was answered twice");
            }
        }
        loop {
            self.engine.collect(&self.port, |ticket, answer| {
                assert!(told.insert(ticket.0, answer).is_none(), "{ticket:?} was answered twice");
            });
            if told.len() == asked {
                return told.into_values().collect();
            }
            // A wake that was lost is a deadlock, which shuttle tells.
            thread::park();
        }
    }

    pub fn tell(&self, requests: Vec<Request>) -> Vec<String> {
        self.ask(requests).iter().map(crate::asks::told).collect()
    }
}
