//! The options of `scripts/deploy`, and of the packaging that `scripts/release` asks for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "drayage-deploy", about = "Packages, deploys and deletes the stack")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Deploys the stack, or with --delete deletes it.
    #[command(bin_name = "scripts/deploy")]
    Stack(StackOptions),
    /// Builds the functions for Lambda, and prints where they are.
    Build(BuildOptions),
    /// Zips the functions and lists their sizes, without deploying anything.
    Package(PackageOptions),
}

/// Processors that Lambda has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Architecture {
    #[value(name = "arm64")]
    Arm64,
    #[value(name = "x86_64")]
    X86_64,
}

impl Architecture {
    /// As Lambda and the template's parameter name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }

    /// As Rust names it.
    pub(crate) fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Arm64, Self::X86_64].into_iter().find(|known| known.name() == name)
    }
}

/// Deploys the stack to an AWS account, or to an emulator of one.
///
/// Checks everything that it needs before it builds anything, builds the functions, uploads them, and creates or updates the stack.
/// A second call with nothing changed changes nothing.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct StackOptions {
    /// Values of the template's parameters: NAME for infra/environments/NAME.json, or the path of such a file
    #[arg(long, value_name = "NAME|FILE", required_unless_present = "delete")]
    pub(crate) environment: Option<String>,
    /// One parameter, over what the environment says; may be repeated
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,
    /// Name of the stack; without it what the environment says, or drayage
    #[arg(long, value_name = "NAME")]
    pub(crate) stack_name: Option<String>,
    /// Region; without it what the environment or the AWS configuration says
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// Profile of the AWS configuration
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Processor of the functions; without it what the parameter Architecture says
    #[arg(long, value_enum)]
    pub(crate) architecture: Option<Architecture>,
    /// Address of an emulator that is deployed to instead of AWS
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Bucket that code and template are uploaded to; by default drayage-artefacts-ACCOUNT-REGION, created if needed
    #[arg(long, value_name = "BUCKET")]
    pub(crate) artefact_bucket: Option<String>,
    /// Takes the functions that an earlier call has built
    #[arg(long)]
    pub(crate) no_build: bool,
    /// Takes the functions from here (a program NAME or NAME/bootstrap each), and builds nothing
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) binaries: Option<PathBuf>,
    /// Shows what would change, and changes nothing but the uploaded artefacts
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Deploys although tables, buckets or queues would be replaced or leave the stack
    #[arg(long)]
    pub(crate) allow_replacement: bool,
    /// Goes on although executions of the stack are running: they go on with the new version, or with --delete are broken off
    #[arg(long)]
    pub(crate) while_running: bool,
    /// Deletes the stack; its tables and buckets, and what is in them, stay
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) delete: bool,
    /// Deletes without asking for the stack's name
    #[arg(long, requires = "delete")]
    pub(crate) yes: bool,
    /// Whether the stack is protected from being deleted by anything but --delete; by default on AWS only
    #[arg(long, value_name = "true|false", action = clap::ArgAction::Set)]
    pub(crate) termination_protection: Option<bool>,
    /// Asks the account nothing beforehand; for a new stack, with --artefact-bucket. Tests spare themselves a second so
    #[arg(long, requires = "artefact_bucket", conflicts_with = "dry_run")]
    pub(crate) no_account_checks: bool,
    /// Prints the stack's outputs as JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Another template than infra/template.yaml, such as that of an earlier version
    #[arg(long, value_name = "FILE")]
    pub(crate) template: Option<PathBuf>,
    /// Cargo's target directory
    #[arg(long, env = "CARGO_TARGET_DIR", hide = true)]
    pub(crate) target_dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct BuildOptions {
    /// Processor of the functions
    #[arg(long, value_enum, default_value = "arm64")]
    pub(crate) architecture: Architecture,
    /// Only these functions
    #[arg(long = "function", value_name = "NAME")]
    pub(crate) functions: Vec<String>,
    /// The checkout; by default the one that this tool was built from
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) checkout: Option<PathBuf>,
    /// Cargo's target directory
    #[arg(long, env = "CARGO_TARGET_DIR", hide = true)]
    pub(crate) target_dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct PackageOptions {
    /// The functions: a program NAME or NAME/bootstrap each
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) binaries: PathBuf,
    /// Where the zips are put, as NAME.zip
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) out: PathBuf,
    /// Only these functions
    #[arg(long = "function", value_name = "NAME")]
    pub(crate) functions: Vec<String>,
}
