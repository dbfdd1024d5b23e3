//! Which stack is meant, and with whose AWS configuration: options in the names that the AWS CLI has for them.

use std::fmt::Write as _;

use clap::Args;

use crate::output::quoted;

/// Which stack, and where. Options go before the environment, as with the AWS CLI.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct StackChoice {
    /// Name of the CloudFormation stack; the only Drayage stack of account and Region if it is left out.
    #[arg(long = "stack", global = true, env = "DRAYAGE_STACK", value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Only the stack with this tag.
    #[arg(long = "stack-tag", global = true, env = "DRAYAGE_STACK_TAG", value_name = "KEY=VALUE", value_parser = tag)]
    pub(crate) tag: Option<Tag>,
    /// Profile of the AWS configuration, instead of `AWS_PROFILE` and of keys in the environment.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// AWS Region, instead of `AWS_REGION` and of the profile's.
    #[arg(long, global = true, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Talk to this address instead of AWS, as with `AWS_ENDPOINT_URL`.
    #[arg(long, global = true, value_name = "URL", value_parser = address)]
    pub(crate) endpoint_url: Option<String>,
}

/// A tag of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl std::fmt::Display for Tag {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}={}", self.key, self.value)
    }
}

fn tag(text: &str) -> Result<Tag, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            Ok(Tag { key: key.to_owned(), value: value.to_owned() })
        }
        _ => Err("hint: give KEY=VALUE, such as team=documents".to_owned()),
    }
}

fn address(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    if rest.is_some_and(|rest| !rest.is_empty()) {
        return Ok(text.to_owned());
    }
    Err("hint: give an address that begins with https:// or http://".to_owned())
}

impl StackChoice {
    /// The options that lead to the same stack again, for commands that are shown: empty, or beginning with a blank.
    pub(crate) fn options(&self) -> String {
        let tag = self.tag.as_ref().map(ToString::to_string);
        let given = [
            ("--stack", &self.name),
            ("--stack-tag", &tag),
            ("--profile", &self.profile),
            ("--region", &self.region),
            ("--endpoint-url", &self.endpoint_url),
        ];
        given.into_iter().fold(String::new(), |mut options, (option, value)| {
            if let Some(value) = value {
                // Writing into a String cannot fail.
                _ = write!(options, " {option} {}", quoted(value));
            }
            options
        })
    }
}

/// A stack by its name, and everything else from the environment.
impl From<&str> for StackChoice {
    fn from(name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_shown_leads_to_the_same_stack() {
        let choice = StackChoice {
            name: Some("documents".to_owned()),
            tag: Some(tag("team=a b").unwrap()),
            profile: Some("admin".to_owned()),
            ..StackChoice::default()
        };
        assert_eq!(choice.options(), " --stack documents --stack-tag 'team=a b' --profile admin");
        assert_eq!(StackChoice::default().options(), "");
    }

    #[test]
    fn tags_and_addresses_have_to_look_like_it() {
        assert!(tag("team").is_err());
        assert!(tag("=x").is_err());
        assert_eq!(tag("a=b=c").unwrap().value, "b=c");
        assert!(address("localhost:4566").is_err());
        assert!(address("http://").is_err());
        assert!(address("http://localhost:4566").is_ok());
    }
}
