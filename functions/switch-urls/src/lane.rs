//! A lane: its batches one after the other, because accounts are shared by neighbouring batches.

use drayage_domain::switch::lane::Lane;
use drayage_lambda_kit::error::FunctionError;

use crate::Answer;
use crate::batch::{Batch, End};
use crate::context::Context;

/// Writes what is left of a lane.
pub(crate) async fn switch(context: &Context, lane: Lane) -> Result<Answer, FunctionError> {
    for number in lane.first_batch..=lane.last_batch {
        // Boxed: the future of a batch is large.
        match Box::pin(Batch { context, number }.settle()).await? {
            End::Done => {}
            End::Later { wait_seconds } => return Ok(Answer::later(wait_seconds)),
            End::Paused { wait_seconds } => return Ok(Answer::paused(wait_seconds)),
        }
    }
    Ok(Answer::DONE)
}
