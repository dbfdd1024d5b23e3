//! Source buckets of another account: whose role reads them, and who pays.

use super::{Reader, variables};

/// How buckets that are read with a role are reached, when they belong to somebody else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceAccount {
    /// ARN of the role that is taken on for reading; `None`: the functions' own roles read.
    pub role_arn: Option<String>,
    /// What that role's trust policy asks for, so that nobody else makes us use it.
    pub external_id: Option<String>,
    /// Every request says that our account pays for it, as requester-pays buckets ask for.
    pub requester_pays: bool,
}

impl SourceAccount {
    /// Whether a bucket is read as the functions are, so that S3 can copy from it by itself.
    pub const fn own_role(&self) -> bool {
        self.role_arn.is_none()
    }
}

impl<L: Fn(&str) -> Option<String>> Reader<'_, L> {
    pub(super) fn source_account(&mut self) -> SourceAccount {
        let account = SourceAccount {
            role_arn: self.optional(variables::SOURCE_ROLE_ARN),
            external_id: self.optional(variables::SOURCE_EXTERNAL_ID),
            requester_pays: self.requester_pays(),
        };
        if account.external_id.is_some() && account.role_arn.is_none() {
            self.problem(
                variables::SOURCE_EXTERNAL_ID,
                "is set without a role",
                "set SourceRoleArn to the role whose trust policy asks for it",
            );
        }
        account
    }

    fn requester_pays(&mut self) -> bool {
        match self.optional(variables::SOURCE_REQUESTER_PAYS).as_deref() {
            Some("true") => true,
            Some("false") | None => false,
            Some(other) => {
                let message = format!("{other:?} is neither true nor false");
                let hint = "true if the source buckets are requester-pays buckets";
                self.problem(variables::SOURCE_REQUESTER_PAYS, message, hint);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Problem;

    fn read(values: &[(&str, &str)]) -> (SourceAccount, Vec<Problem>) {
        let lookup = |name: &str| {
            let found = values.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let mut reader = Reader { lookup: &lookup, problems: Vec::new() };
        (reader.source_account(), reader.problems)
    }

    #[test]
    fn what_is_left_out_is_read_as_the_functions_are() {
        let empty = [(variables::SOURCE_ROLE_ARN, ""), (variables::SOURCE_REQUESTER_PAYS, "false")];
        let (account, problems) = read(&empty);
        assert_eq!((account, problems.len()), (SourceAccount::default(), 0));
    }

    #[test]
    fn a_role_comes_with_or_without_an_external_id() {
        let role = (variables::SOURCE_ROLE_ARN, "arn:aws:iam::1:role/r");
        let id = (variables::SOURCE_EXTERNAL_ID, "id");
        let (account, problems) = read(&[role, id, (variables::SOURCE_REQUESTER_PAYS, "true")]);
        assert_eq!(problems, []);
        assert!(!account.own_role() && account.requester_pays);
        assert_eq!(account.external_id.as_deref(), Some("id"));
        assert_eq!(read(&[role]).1, []);
        assert_eq!(read(&[id]).1[0].place, variables::SOURCE_EXTERNAL_ID);
    }

    #[test]
    fn who_pays_is_true_or_false() {
        let (_, problems) = read(&[(variables::SOURCE_REQUESTER_PAYS, "yes")]);
        assert_eq!(problems[0].place, variables::SOURCE_REQUESTER_PAYS);
    }
}
