//! What the functions see of a stack's surroundings, without starting anything: the answer of `preflight` to `"kind": "check"`.

use serde::{Deserialize, Serialize};

use crate::org::Org;
use crate::switch::plan::Check;

/// API calls of the org's last 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiCalls {
    /// What the org may use.
    pub max: u64,
    /// What is left of it.
    pub remaining: u64,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// Version of the functions.
    pub version: String,
    /// Every check, in the order in which one builds on another. A check that could not be made because an earlier one failed is left out.
    pub checks: Vec<Check>,
    /// The org that was signed in to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<Org>,
    /// The version of the API that is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The org's budget of API calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_calls: Option<ApiCalls>,
    /// Records of the sObject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
}
