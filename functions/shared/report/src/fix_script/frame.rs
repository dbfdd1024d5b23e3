//! What stands around the commands: what the script is, its variables, its functions, and its exit code.

use drayage_domain::reconcile::{Place, Report};

use super::command::{Places, Way};
use crate::shell::quote;
use crate::visible::plain;

const ABOUT: &str = r"#
# Read it first; then run it:   bash fix.sh
#
# It needs bash and the AWS command line (`aws`, version 1 or 2), with rights to read the source and to write to the
# destination. Credentials are found as `aws` finds them; name profiles in SOURCE_PROFILE and DESTINATION_PROFILE.
# Commands overwrite what the destination has under the same key. Each may be repeated. One that fails is told and
# counted, and the script goes on; it exits with 1 if any failed. Compare again afterwards.
#
#   try ...      copies an object that is missing or different
#   #delete ...  would delete an object that only the destination has. Does nothing as it is. Look at every line, and
#                never delete after a comparison that could not read all of the source. Then take the marks away:
#                sed 's/^#delete //' fix.sh > fix-and-delete.sh
#   #review ...  could not be verified; the line says what to do
#   #by-hand ... cannot be said as a command; the line says why
";

const ABOUT_INSIDE: &str = "#
# Copies are made by the storage service itself (CopyObject), with the rights of DESTINATION_PROFILE, and only of the
# version that was compared, where its ETag is known. Objects over 5 GiB are copied in parts by `aws s3 cp`.
";

const ABOUT_THROUGH_FILE: &str = "#
# The places are at different services, so every object goes through a temporary file on this machine: it needs space for
# the largest one (TMPDIR says where). Content types are kept, other metadata is not. Only the version that was compared
# is copied, where its ETag is known; objects over 5 GiB go through `aws s3 cp`, which knows no such condition.
";

const ABOUT_LEDGER: &str = "#
#   #retry ...   has to be copied again from where the record's URL points, which no command of the AWS command line
#                can do. Start the state machine `reconcile` with {\"fix\": true}: it copies them again, and compares again.
";

const FUNCTIONS: &str = r#"
export AWS_PAGER=''
succeeded=0
failed=0

destination_aws() {
  aws ${DESTINATION_ENDPOINT:+"--endpoint-url=$DESTINATION_ENDPOINT"} \
    ${DESTINATION_PROFILE:+"--profile=$DESTINATION_PROFILE"} "$@"
}

# try COMMAND...: runs it, and counts.
try() {
  if "$@" </dev/null >/dev/null; then
    succeeded=$((succeeded + 1))
  else
    failed=$((failed + 1))
    { printf 'failed:'; printf ' %q' "$@"; printf '\n'; } >&2
  fi
}
"#;

const COPY_FUNCTIONS: &str = r#"
temporary=$(mktemp) || exit 2
trap 'rm -f -- "$temporary"' EXIT

source_aws() {
  aws ${SOURCE_ENDPOINT:+"--endpoint-url=$SOURCE_ENDPOINT"} \
    ${SOURCE_PROFILE:+"--profile=$SOURCE_PROFILE"} "$@"
}

# copy_through_file SOURCE_KEY OPTION DESTINATION_KEY [CONDITION]
copy_through_file() {
  local type
  type=$(source_aws s3api get-object --bucket "$SOURCE_BUCKET" --key="$1" ${4:+"$4"} \
    --query ContentType --output text "$temporary") || return 1
  # `aws` would read an address instead of taking it as it is.
  case $type in *://* | -* | None | '') type=binary/octet-stream ;; esac
  destination_aws s3api put-object --bucket "$DESTINATION_BUCKET" "$2" "$3" \
    --content-type "$type" --body "$temporary"
}

# copy_in_parts_through_file SOURCE_URI DESTINATION_URI
copy_in_parts_through_file() {
  source_aws s3 cp --no-progress "$1" "$temporary" &&
    destination_aws s3 cp --no-progress "$temporary" "$2"
}
"#;

const ONE_SERVICE: &str = r#"
if [ "$SOURCE_ENDPOINT" != "$DESTINATION_ENDPOINT" ]; then
  echo 'error: CopyObject works inside one service; hint: both endpoints have to be the same' >&2
  exit 2
fi
"#;

/// Everything before the commands.
pub(super) fn head(report: &Report, places: &Places) -> String {
    let mut text = format!(
        "#!/usr/bin/env bash\n#\n# Brings the destination in line with the source, as run {} found them.\n#\n#   from  {}\n#   to    {}\n",
        plain(&report.run_id),
        plain(&report.source.description),
        plain(&report.destination.description),
    );
    text.push_str(ABOUT);
    text.push_str(match places.way {
        Way::Inside { .. } => ABOUT_INSIDE,
        Way::ThroughFile { .. } => ABOUT_THROUGH_FILE,
        Way::Ledger => ABOUT_LEDGER,
    });
    text.push_str("\nset -u\n\n# An empty endpoint is AWS itself; an empty profile is the one that `aws` takes anyway.\n");
    if report.source.bucket.is_some() {
        text.push_str(&variables("SOURCE", &report.source));
    }
    text.push_str(&variables("DESTINATION", &report.destination));
    text.push_str(FUNCTIONS);
    match places.way {
        Way::Inside { .. } => {
            text.push_str(COPY_FUNCTIONS);
            text.push_str(ONE_SERVICE);
        }
        Way::ThroughFile { .. } => text.push_str(COPY_FUNCTIONS),
        Way::Ledger => {}
    }
    text.push('\n');
    text
}

/// A place's values have no NUL: they come from settings that were used in requests. Should one have, it is cut there.
fn variables(name: &str, place: &Place) -> String {
    let before_nul = |text: &str| quote(text.split('\0').next().unwrap_or_default());
    format!(
        "{name}_BUCKET={}\n{name}_ENDPOINT={}\n{name}_PROFILE=${{{name}_PROFILE:-}}\n",
        before_nul(place.bucket.as_deref().unwrap_or_default()),
        before_nul(place.endpoint.as_deref().unwrap_or_default()),
    )
}

/// Everything after the commands.
pub(super) fn foot(places: &Places) -> String {
    let copied = match places.way {
        Way::Inside { .. } | Way::ThroughFile { .. } => "",
        Way::Ledger => " Files of the ledger are copied by a fix of the run, not by this script.",
    };
    format!(
        "\nprintf '%s commands succeeded, %s failed.{copied}\\n' \"$succeeded\" \"$failed\" >&2\n[ \"$failed\" -eq 0 ]\n"
    )
}
