//! From a checkout to a running stack, and from a running stack to the next version of it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::artefacts;
use crate::aws::Aws;
use crate::change_set::{self, Change};
use crate::checkout::Checkout;
use crate::compile;
use crate::options::StackOptions;
use crate::prerequisites::{self, Ready};
use crate::stack::{self, Stack};
use crate::stage::Stage;
use crate::template::Template;
use crate::zips::{self, Purpose, Zip};

/// Outputs that a person needs first.
const SHOWN: [&str; 5] =
    ["DrayageVersion", "DestinationBucket", "StateBucket", "FilesTable", "StateMachineArn"];

/// What a deployment came to.
enum Outcome {
    Unchanged,
    Deployed,
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
    let packaged = work.path().join("packaged.yaml");
    create_bucket(&ready)?;
    package(&ready, staged.as_ref().map_or(path.as_path(), Stage::template), &packaged)?;
    let arguments = arguments(&ready, &packaged, work.path())?;
    match send(options, &ready, &arguments)? {
        Outcome::Planned(0) | Outcome::Unchanged => {
            eprintln!("nothing to change: the stack {} is as it should be", ready.stack_name);
        }
        Outcome::Planned(changes) => {
            eprintln!("{changes} changes; nothing was changed, because of --dry-run");
            return Ok(());
        }
        Outcome::Deployed => eprintln!("the stack {} is deployed", ready.stack_name),
    }
    if options.dry_run {
        return Ok(());
    }
    let stack = Stack::get(&ready.aws, &ready.stack_name)?;
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

fn package(ready: &Ready, template: &Path, packaged: &Path) -> Result<()> {
    let (template, packaged) = (text(template)?, text(packaged)?);
    let asked = [
        ["cloudformation", "package"],
        ["--template-file", template],
        ["--s3-bucket", ready.bucket.name.as_str()],
        ["--output-template-file", packaged],
    ];
    ready.aws.run("package the template", &asked.concat()).map(|_| ())
}

fn arguments(ready: &Ready, packaged: &Path, work: &Path) -> Result<Vec<String>> {
    let mut arguments: Vec<String> = [
        ["cloudformation", "deploy"],
        ["--stack-name", ready.stack_name.as_str()],
        ["--template-file", text(packaged)?],
        // A template of more than 51,200 bytes is taken from a bucket.
        ["--s3-bucket", ready.bucket.name.as_str()],
    ]
    .concat()
    .into_iter()
    .map(str::to_owned)
    .collect();
    let capabilities =
        ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];
    arguments.extend(capabilities.map(str::to_owned));
    arguments.push("--no-fail-on-empty-changeset".to_owned());
    if !ready.environment.parameters.is_empty() {
        // As a file, because values may hold anything.
        let overrides = work.join("parameters.json");
        let pairs = ready.environment.parameters.iter();
        let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
        fs::write(&overrides, serde_json::to_vec(&pairs)?)
            .context("the parameters cannot be written")?;
        arguments.push("--parameter-overrides".to_owned());
        arguments.push(format!("file://{}", text(&overrides)?));
    }
    if !ready.environment.tags.is_empty() {
        arguments.push("--tags".to_owned());
        let tags = ready.environment.tags.iter();
        arguments.extend(tags.map(|(name, value)| format!("{name}={value}")));
    }
    Ok(arguments)
}

/// A new stack is created at once; what a change set does to one that is there is looked at first.
fn send(options: &StackOptions, ready: &Ready, arguments: &[String]) -> Result<Outcome> {
    let is_new = ready.stack.as_ref().is_none_or(Stack::is_new);
    if !is_new || options.dry_run {
        let aws = &ready.aws;
        let mut planned = arguments.to_vec();
        planned.push("--no-execute-changeset".to_owned());
        let said = aws.run("plan the deployment", &planned)?;
        let arn = change_set::arn(&said)?;
        let changes = arn.as_deref().map(|arn| change_set::read(aws, arn)).transpose()?;
        let changes: Vec<Change> = changes.unwrap_or_default();
        if !changes.is_empty() {
            eprintln!("{}", change_set::table(&changes));
        }
        let allowed = change_set::check(&changes);
        if let Some(arn) = &arn {
            discard(ready, arn, is_new)?;
        }
        if arn.is_none() || (!is_new && change_set::is_empty(&changes)) {
            return Ok(if options.dry_run { Outcome::Planned(0) } else { Outcome::Unchanged });
        }
        if options.dry_run {
            if let Err(error) = allowed {
                eprintln!("warning: {error}");
            }
            return Ok(Outcome::Planned(changes.len()));
        }
        if !options.allow_replacement {
            allowed?;
        }
        // Something may have started while this was built.
        if !options.while_running
            && let Err(problem) = prerequisites::at_work(ready, options)
        {
            bail!("nothing was changed: {problem}");
        }
    }
    match ready.aws.run("deploy the template", arguments) {
        Ok(said) if said.contains("No changes to deploy") => Ok(Outcome::Unchanged),
        Ok(_) => Ok(Outcome::Deployed),
        Err(error) => {
            let failed = stack::failures(&ready.aws, &ready.stack_name);
            bail!("the stack does not deploy\n{failed}\n{error:#}")
        }
    }
}

/// Deletes a change set that is not carried out, and the empty stack that one makes of a stack that is to be created.
fn discard(ready: &Ready, arn: &str, is_new: bool) -> Result<()> {
    let aws = &ready.aws;
    let asked = ["cloudformation", "delete-change-set", "--change-set-name", arn];
    aws.run("delete the change set", &asked)?;
    if is_new {
        let asked = ["cloudformation", "delete-stack", "--stack-name", ready.stack_name.as_str()];
        aws.run("delete the empty stack of the change set", &asked)?;
    }
    Ok(())
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

fn text(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))
}

/// Lets the stack be deleted.
pub(crate) fn unprotect(aws: &Aws, name: &str) -> Result<()> {
    let asked = ["cloudformation", "update-termination-protection"];
    let asked =
        [&asked[..], &["--no-enable-termination-protection", "--stack-name", name]].concat();
    aws.run("lift the stack's termination protection", &asked).map(|_| ())
}
