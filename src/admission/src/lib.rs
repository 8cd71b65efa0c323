#![forbid(unsafe_code)]
pub mod choice; pub mod class; pub mod delay; pub mod level; pub mod reason; pub mod retry_after; pub mod shares; pub mod time; pub mod breaker; pub mod brownout; pub mod retry; mod sliding;
