//! Everything that has to be there before anything is built, looked at in one go.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::thread::{self, ScopedJoinHandle};

use anyhow::Result;

use crate::aws::Aws;
use crate::checkout::Checkout;
use crate::combinations;
use crate::disk;
use crate::environment::Environment;
use crate::hints;
use crate::late;
use crate::options::{Architecture, StackOptions};
use crate::parameters;
use crate::problems::{Problem, refuse};
use crate::running;
use crate::shown;
use crate::stack::{self, Stack, text};
use crate::template::Template;
use crate::tools;

/// The name of a stack that nobody has named.
const STACK: &str = "drayage";
/// The parameter with the processor that the functions were built for.
const ARCHITECTURE: &str = "Architecture";
/// The parameter that names the Salesforce secret.
const SECRET: &str = "SalesforceSecret";
const REGION_HINT: &str =
    "--region, \"Region\" in the environment's file, AWS_REGION, or `aws configure`";

/// What the checks have found out.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) aws: Aws,
    pub(crate) stack_name: String,
    /// The stack as it is, if it was looked at and exists.
    pub(crate) stack: Option<Stack>,
    pub(crate) environment: Environment,
    pub(crate) architecture: Architecture,
    pub(crate) bucket: Bucket,
    /// The Salesforce secret, if it is not there yet.
    pub(crate) missing_secret: Option<String>,
}

impl Ready {
    /// The stack, if there is more of it than a change set that would create it.
    pub(crate) fn existing(&self) -> Option<&Stack> {
        self.stack.as_ref().filter(|stack| !stack.is_new())
    }
}

/// The bucket of artefacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) exists: bool,
}

/// Checks everything; an error names all that is wrong.
pub(crate) fn check(
    checkout: &Checkout,
    options: &StackOptions,
    template: &Template,
) -> Result<Ready> {
    let mut problems = Vec::new();
    let named = options.environment.as_deref().unwrap_or_default();
    let environment = Environment::read(checkout.root(), named, &options.parameters);
    let (mut environment, read) = match environment {
        Ok(environment) => (environment, true),
        Err(found) => {
            problems.extend(found);
            (Environment::default(), false)
        }
    };
    let architecture = architecture(options, template, &mut environment, &mut problems);
    if options.binaries.is_none() && !options.no_build {
        problems.extend(tools::check_target(architecture.target()));
        problems.extend(disk::check(checkout.target()));
    }
    let (aws, stack_name) = connect(checkout, options, &environment)?;
    if aws.region().is_empty() {
        problems.push(Problem::new("no Region is given or configured", REGION_HINT));
    }
    let mut ready = Ready {
        aws,
        stack_name,
        stack: None,
        environment,
        architecture,
        bucket: Bucket { name: options.artefact_bucket.clone().unwrap_or_default(), exists: true },
        missing_secret: None,
    };
    if !options.no_account_checks && !ready.aws.region().is_empty() {
        problems.extend(account(&mut ready));
        problems.extend(at_work(&ready, options).err());
    }
    if read {
        let values = values(&ready, template);
        problems.extend(parameters::check(template, &values));
        problems.extend(combinations::check(template, &values));
        problems.extend(late::check(&ready.stack_name, ready.aws.region(), &values));
    }
    refuse(&problems)?;
    Ok(ready)
}

/// What the environment gives, and what the stack keeps of what it does not: that may fit an earlier template only.
fn values(ready: &Ready, template: &Template) -> BTreeMap<String, String> {
    let current = ready.existing().map(|stack| stack.parameters.clone()).unwrap_or_default();
    let mut values = current;
    values.retain(|name, _| template.parameters.contains_key(name));
    values.extend(ready.environment.parameters.clone());
    values
}

/// The AWS CLI with its Region, which is empty if nobody has said one, and the stack's name.
pub(crate) fn connect(
    checkout: &Checkout,
    options: &StackOptions,
    environment: &Environment,
) -> Result<(Aws, String)> {
    let installed = if options.no_account_checks { tools::on_path("aws") } else { None };
    let program = installed.map_or_else(|| tools::aws_cli(checkout), Ok)?;
    let profile = options.profile.as_deref();
    let given = options.region.clone().or_else(|| environment.region.clone());
    let region = given.or_else(|| configured_region(&program, profile)).unwrap_or_default();
    let name = options.stack_name.clone().or_else(|| environment.stack_name.clone());
    let aws = Aws::new(program, region, profile, options.endpoint_url.as_deref());
    Ok((aws, name.unwrap_or_else(|| STACK.to_owned())))
}

/// The Region that the AWS CLI would take.
fn configured_region(program: &Path, profile: Option<&str>) -> Option<String> {
    let from_environment = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| {
        std::env::var_os(name)?.into_string().ok().filter(|region| !region.is_empty())
    });
    from_environment.or_else(|| {
        let mut asked = Command::new(program);
        asked.args(["configure", "get", "region"]);
        asked.args(profile.into_iter().flat_map(|profile| ["--profile", profile]));
        let answer = asked.output().ok()?;
        let region = String::from_utf8(answer.stdout).ok()?.trim().to_owned();
        (!region.is_empty()).then_some(region)
    })
}

/// The option, else the environment's parameter, else the template's default. The parameter follows.
fn architecture(
    options: &StackOptions,
    template: &Template,
    environment: &mut Environment,
    problems: &mut Vec<Problem>,
) -> Architecture {
    let definition = template.parameters.get(ARCHITECTURE);
    let given = environment.parameters.get(ARCHITECTURE);
    let named = given.or(definition.and_then(|parameter| parameter.default.as_ref()));
    let named = named.and_then(|name| Architecture::from_name(name));
    if let (Some(option), Some(given)) = (options.architecture, given)
        && option.name() != given
    {
        problems.push(Problem::new(
            format!("--architecture is {}, but the environment says {given}", option.name()),
            format!("leave one of them out, or say --parameter {ARCHITECTURE}={}", option.name()),
        ));
    }
    let architecture = options.architecture.or(named).unwrap_or(Architecture::Arm64);
    if options.architecture.is_some() && definition.is_some() {
        let name = architecture.name().to_owned();
        environment.parameters.insert(ARCHITECTURE.to_owned(), name);
    }
    architecture
}

/// What only the account knows: who asks, the stack's state, bucket and secret.
fn account(ready: &mut Ready) -> Vec<Problem> {
    let mut problems = Vec::new();
    let identity = match ready.aws.json("find out who asks", &["sts", "get-caller-identity"]) {
        Ok(identity) => identity,
        // Nothing else can be asked without credentials.
        Err(error) => return vec![Problem::of(&error)],
    };
    let account = text(&identity, "Account").unwrap_or_default();
    let who = text(&identity, "Arn").unwrap_or_default();
    let who = who.rsplit(':').next().unwrap_or_default();
    let (masked, region) = (shown::masked(&account), ready.aws.region().to_owned());
    eprintln!("account {masked}, Region {region}, as {who}: stack {}", ready.stack_name);

    if ready.bucket.name.is_empty() {
        ready.bucket.name = format!("drayage-artefacts-{account}-{region}");
    }
    let (stack, exists, missing) = looked_at(ready);
    match stack {
        Ok(stack) => ready.stack = stack,
        Err(error) => problems.push(Problem::of(&error)),
    }
    if let Some(stack) = &ready.stack
        && let Some(hint) = hints::of_status(&stack.status, &ready.stack_name)
    {
        let what = format!("the stack {} is in the state {}", ready.stack_name, stack.status);
        problems.push(Problem::new(what, hint));
    }
    match exists {
        Ok(exists) => ready.bucket.exists = exists,
        Err(error) => problems.push(Problem::of(&error)),
    }
    match missing {
        Ok(missing) => ready.missing_secret = missing,
        Err(error) => problems.push(Problem::of(&error)),
    }
    problems
}

/// Whether nothing is at work on a stack that would be updated.
pub(crate) fn at_work(ready: &Ready, options: &StackOptions) -> Result<(), Problem> {
    if ready.existing().is_none() {
        return Ok(());
    }
    let resources = stack::resources(&ready.aws, &ready.stack_name);
    let resources = resources.map_err(|error| Problem::of(&error))?;
    running::check(&ready.aws, options, &resources)
}

/// The stack, whether the bucket of artefacts exists, and the Salesforce secret if it does not. At once, because every start of the AWS
/// CLI takes a second.
fn looked_at(ready: &Ready) -> (Result<Option<Stack>>, Result<bool>, Result<Option<String>>) {
    thread::scope(|threads| {
        let stack = threads.spawn(|| Stack::find(&ready.aws, &ready.stack_name));
        let exists = threads.spawn(|| bucket_exists(&ready.aws, &ready.bucket.name));
        let missing = missing_secret(&ready.aws, ready.environment.parameters.get(SECRET));
        (joined(stack), joined(exists), missing)
    })
}

fn joined<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The secret may come after the stack; what it holds is checked by preflight.
fn missing_secret(aws: &Aws, named: Option<&String>) -> Result<Option<String>> {
    let Some(secret) = named else { return Ok(None) };
    let asked = ["secretsmanager", "describe-secret", "--secret-id", secret.as_str()];
    match aws.json("look at the Salesforce secret", &asked) {
        Ok(_) => Ok(None),
        Err(error) if error.to_string().contains("ResourceNotFound") => Ok(Some(secret.clone())),
        Err(error) => Err(error),
    }
}

fn bucket_exists(aws: &Aws, name: &str) -> Result<bool> {
    match aws.run("reach the bucket of artefacts", &["s3api", "head-bucket", "--bucket", name]) {
        Ok(_) => Ok(true),
        Err(error) if error.to_string().contains("(404)") => Ok(false),
        Err(error) => Err(error.context(format!(
            "the bucket of artefacts {name} cannot be used; hint: --artefact-bucket names another"
        ))),
    }
}
