//! The Salesforce client against the simulated org. A package of its own, because the client may not depend on the
//! simulator, nor the simulator on the client.

#[cfg(test)]
mod guarded;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod lost_answers;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod site;
