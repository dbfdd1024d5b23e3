//! The rules, one file per group.

mod delivery;
mod encryption;
mod exposure;
mod functions;
mod iam;
mod keys;
mod parameters;
mod retention;
mod sizes;
mod transport;

use std::path::Path;

use anyhow::Result;
use drayage_cloudformation::Template;

use crate::finding::Finding;

/// What every template has to keep, nested ones too.
pub(super) fn of_any(text: &str, template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(delivery::queues_give_up_somewhere(template));
    findings.extend(delivery::schedules_give_up_somewhere(template));
    findings.extend(delivery::messages_stay_hidden_long_enough(template));
    findings.extend(exposure::buckets_are_closed(template));
    findings.extend(functions::limits_are_set(template));
    findings.extend(iam::no_wildcard_actions(template));
    findings.extend(iam::no_policies_outside_of_roles(template));
    findings.extend(iam::every_statement_has_a_reason(template));
    findings.extend(iam::every_user_has_its_own_role(template));
    findings.extend(iam::roles_are_bounded(template));
    findings.extend(retention::tables_are_kept(template));
    findings.extend(retention::buckets_are_kept(template));
    findings.extend(retention::logs_expire(template));
    findings.extend(retention::logs_are_owned(template));
    findings.extend(transport::tls_only(template));
    findings.extend(sizes::of_template(text, template));
    findings.extend(sizes::of_policies(template));
    findings
}

/// What the stack's own template has to keep besides: it is what people fill in.
pub(super) fn of_main(template: &Template) -> Vec<Finding> {
    let mut findings = encryption::customer_key_everywhere(template);
    findings.extend(parameters::are_constrained(template));
    findings.extend(parameters::are_grouped(template));
    findings.extend(keys::kept_documents_never_expire(template));
    findings
}

/// What holds of files beside the template.
pub(super) fn beside(root: &Path) -> Result<Vec<Finding>> {
    let mut findings = sizes::definitions(root)?;
    findings.extend(exposure::no_account_ids(root)?);
    findings.extend(keys::keys_are_made_in_one_place(root)?);
    Ok(findings)
}
