//! `scripts/deploy` from an empty account to a stack, from one version to the next, and to what stays when the stack is deleted.

mod again;
mod held;
mod refused;
mod support;
mod upgrade;
