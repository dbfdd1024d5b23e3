//! From a checkout to a running stack, and from a running stack to the next version of it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::artefacts;
use crate::aws::Aws;
use crate::change_set;
use crate::checkout::Checkout;
use crate::compile;
use crate::operation::{Ended, Operation};
use crate::options::StackOptions;
use crate::prerequisites::{self, Ready};
use crate::request::Request;
use crate::stack::Stack;
use crate::stage::Stage;
use crate::template::Template;
use crate::upload;
use crate::zips::{self, Purpose, Zip};

/// Outputs that a person needs first.
const SHOWN: [&str; 5] =
    ["DrayageVersion", "DestinationBucket", "StateBucket", "FilesTable", "StateMachineArn"];

/// What a deployment came to.
enum Outcome {
    Unchanged,
    Deployed(Stack),
    /// A dry run of this many changes.
    Planned(usize),
}

/// Deploys the stack.
pub(crate) fn run(options: &StackOptions) -> Result<()> {
    let checkout = Checkout::new(&options.target_dir);
    let path = options.template.clone().unwrap_or_else(|| checkout.template());
    let template = Template::read(&path)?;
    let ready = prerequisites::check(&checkout, options, &template)?;
    let zips = functions(&checkout, options, &ready, &template)?;
    if !ready.aws.emulated() {
        eprintln!("{}", artefacts::sizes(&zips)?);
        artefacts::check_sizes(&zips)?;
    }
    let staged = if zips.is_empty() {
        None
    } else {
        Some(Stage::prepare(&checkout.drayage(), &path, &zips)?)
    };
    let work = tempfile::tempdir().context("no temporary directory")?;
    create_bucket(&ready)?;
    let staged = staged.as_ref().map_or(path.as_path(), Stage::template);
    let url = upload::package(&ready, staged, work.path())?;
    let request = Request::new(&ready, &template, url, work.path())?;
    let deployed = match send(options, &request, &ready)? {
        Outcome::Planned(0) | Outcome::Unchanged => {
            eprintln!("nothing to change: the stack {} is as it should be", ready.stack_name);
            None
        }
        Outcome::Planned(changes) => {
            eprintln!("{changes} changes; nothing was changed, because of --dry-run");
            return Ok(());
        }
        Outcome::Deployed(stack) => {
            eprintln!("the stack {} is deployed", ready.stack_name);
            Some(stack)
        }
    };
    if options.dry_run {
        return Ok(());
    }
    let stack = deployed.map_or_else(|| Stack::get(&ready.aws, &ready.stack_name), Ok)?;
    protect(options, &ready, &stack)?;
    if options.json {
        println!("{}", serde_json::to_string(&stack.outputs)?);
    } else if !ready.aws.emulated() {
        print_next(&ready, &stack);
    }
    Ok(())
}

/// The zips of the functions that the template names: built, or taken from where they are.
fn functions(
    checkout: &Checkout,
    options: &StackOptions,
    ready: &Ready,
    template: &Template,
) -> Result<Vec<Zip>> {
    if template.functions.is_empty() {
        return Ok(Vec::new());
    }
    let binaries = match &options.binaries {
        Some(binaries) => binaries.clone(),
        None if options.no_build => checkout.built(ready.architecture),
        None => compile::build(checkout, ready.architecture, &template.functions)?,
    };
    let purpose = if ready.aws.emulated() { Purpose::Emulator } else { Purpose::Release };
    zips::make(&template.functions, &binaries, &cache(checkout, &binaries, purpose), purpose)
}

/// Zips of other binaries, or packed otherwise, are others.
fn cache(checkout: &Checkout, binaries: &Path, purpose: Purpose) -> PathBuf {
    let from = fs::canonicalize(binaries).unwrap_or_else(|_| binaries.to_path_buf());
    let from = from.display().to_string().replace(['/', '\\'], "-");
    let packed = match purpose {
        Purpose::Release => "release",
        Purpose::Emulator => "emulator",
    };
    checkout.drayage().join("zips").join(format!("{packed}{from}"))
}

/// Creates the bucket of artefacts, closed to the public, if it is not there.
fn create_bucket(ready: &Ready) -> Result<()> {
    if ready.bucket.exists {
        return Ok(());
    }
    let (aws, name) = (&ready.aws, ready.bucket.name.as_str());
    eprintln!("creating the bucket of artefacts {name}");
    let place = format!("s3://{name}");
    aws.run("create the bucket of artefacts", &["s3", "mb", place.as_str()])?;
    let closed = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true";
    let asked = ["s3api", "put-public-access-block", "--bucket", name];
    let asked = [&asked[..], &["--public-access-block-configuration", closed]].concat();
    aws.run("close the bucket of artefacts to the public", &asked).map(|_| ())
}

/// A new stack is created at once; what a change set does to one that is there is looked at first.
fn send(options: &StackOptions, request: &Request<'_>, ready: &Ready) -> Result<Outcome> {
    let Some(stack) = ready.stack.as_ref() else {
        if options.dry_run {
            return planned(options, request, true);
        }
        let operation = Operation::new(&ready.aws, "creating");
        let id = request.create(&operation)?;
        if ready.aws.emulated() {
            // It is done by now.
            let stack = Stack::get(&ready.aws, &id)?;
            if stack.status == "CREATE_COMPLETE" {
                return Ok(Outcome::Deployed(stack));
            }
        }
        return deployed(ready, operation.follow(&id)?);
    };
    planned(options, request, stack.is_new())
}

/// Looks at what would change before it is changed.
fn planned(options: &StackOptions, request: &Request<'_>, is_new: bool) -> Result<Outcome> {
    let Some(set) = request.plan(is_new)? else {
        return Ok(Outcome::Unchanged);
    };
    if !set.changes.is_empty() {
        eprintln!("{}", change_set::table(&set.changes));
    }
    let allowed = change_set::check(&set.changes);
    let unchanged = !is_new && change_set::is_empty(&set.changes);
    let refused = allowed.is_err() && !options.allow_replacement;
    if unchanged || options.dry_run || refused {
        request.discard(&set.arn, is_new)?;
    }
    if unchanged {
        return Ok(Outcome::Unchanged);
    }
    if options.dry_run {
        if let Err(error) = allowed {
            eprintln!("warning: {error}");
        }
        return Ok(Outcome::Planned(set.changes.len()));
    }
    if !options.allow_replacement {
        allowed?;
    }
    let ready = request.ready();
    // Something may have started while this was built.
    if !options.while_running
        && let Err(problem) = prerequisites::at_work(ready, options)
    {
        request.discard(&set.arn, is_new)?;
        bail!("nothing was changed: {problem}");
    }
    let operation = Operation::new(&ready.aws, if is_new { "creating" } else { "updating" });
    request.execute(&set, &operation)?;
    deployed(ready, operation.follow(&set.stack)?)
}

fn deployed(ready: &Ready, ended: Ended) -> Result<Outcome> {
    if ["CREATE_COMPLETE", "UPDATE_COMPLETE"].contains(&ended.stack.status.as_str()) {
        return Ok(Outcome::Deployed(ended.stack));
    }
    bail!(
        "the stack {} does not deploy: {}\nit is in the state {}, where docs/deploy.md says what to do",
        ready.stack_name,
        ended.cause(&ready.aws),
        ended.stack.status
    )
}

fn protect(options: &StackOptions, ready: &Ready, stack: &Stack) -> Result<()> {
    let wanted = options.termination_protection.unwrap_or(!ready.aws.emulated());
    if wanted == stack.protected {
        return Ok(());
    }
    let flag = if wanted {
        "--enable-termination-protection"
    } else {
        "--no-enable-termination-protection"
    };
    let asked = ["cloudformation", "update-termination-protection", flag, "--stack-name"];
    let asked = [&asked[..], &[ready.stack_name.as_str()]].concat();
    ready.aws.run("set the stack's termination protection", &asked).map(|_| ())
}

fn print_next(ready: &Ready, stack: &Stack) {
    for name in SHOWN {
        if let Some(value) = stack.outputs.get(name) {
            println!("{name:<18} {value}");
        }
    }
    let name = ready.stack_name.as_str();
    println!("\nnext:");
    if let Some(secret) = &ready.missing_secret {
        println!(
            "  create the Salesforce secret (README.md says what it holds):\n    aws secretsmanager create-secret \
             --region {} --name {secret} --secret-string file://salesforce.json",
            ready.aws.region()
        );
    }
    if ready.environment.parameters.get("NotificationEmail").is_some_and(|mail| !mail.is_empty()) {
        println!("  confirm the subscription that was sent by e-mail");
    }
    println!("  dray doctor --stack {name}     checks everything that a run needs");
    println!("  dray analyze --stack {name}    tells what a migration would be about");
    println!("  dray backup --stack {name}     copies the files");
}

/// Lets the stack be deleted.
pub(crate) fn unprotect(aws: &Aws, name: &str) -> Result<()> {
    let asked = ["cloudformation", "update-termination-protection"];
    let asked =
        [&asked[..], &["--no-enable-termination-protection", "--stack-name", name]].concat();
    aws.run("lift the stack's termination protection", &asked).map(|_| ())
}
