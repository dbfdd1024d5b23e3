//! The client against canned answers on the wire.

mod reading;
mod retries;
mod session;
mod support;
