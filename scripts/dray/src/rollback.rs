//! `dray rollback`: puts original URLs back, from the ledger or from a rollback file, after showing what that means.

mod arguments;
mod file;

pub(crate) use arguments::{Request, Rollback};

use crate::connection::Connection;
use crate::failure::{Failure, Verdict};
use crate::plan;

/// Plans; and, if that was asked for and is confirmed, carries the plan out.
pub(crate) async fn run(connection: &Connection, request: &Request) -> Result<Verdict, Failure> {
    let input = file::with_key(connection, request).await?;
    plan::run(connection, &request.asked(&input)?).await
}

#[cfg(test)]
mod flow_tests;
