//! What a `CloudFormation` template says, for every tool that asks: the linters of `xtask`, and what deploys the stack.

mod parameter;
mod policy;
mod reader;
mod template;

pub use parameter::{Misfit, Parameter};
pub use policy::{Statement, statements_of};
pub use reader::Unreadable;
pub use template::{FUNCTION, ROLE, Resource, STATE_MACHINE, Template, condition, referred};
