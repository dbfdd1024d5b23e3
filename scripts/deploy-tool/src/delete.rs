//! Deleting a stack, and saying what stays.

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::{Context, Result, bail};

use crate::aws::Aws;
use crate::checkout::Checkout;
use crate::deploy::unprotect;
use crate::environment::Environment;
use crate::operation::{DELETING, Operation};
use crate::options::StackOptions;
use crate::prerequisites;
use crate::problems::refuse;
use crate::running;
use crate::stack::{self, Resource, Stack};

/// Deletes the stack, after its name was typed.
pub(crate) fn run(options: &StackOptions) -> Result<()> {
    let checkout = Checkout::new(&options.target_dir);
    let environment = match &options.environment {
        None => Environment::default(),
        Some(named) => match Environment::read(checkout.root(), named, &[]) {
            Ok(environment) => environment,
            Err(problems) => return refuse(&problems),
        },
    };
    let (aws, name) = prerequisites::connect(&checkout, options, &environment)?;
    if aws.region().is_empty() {
        bail!("no Region is given or configured; hint: --region");
    }
    let found = Stack::get(&aws, &name)?;
    let resources = stack::resources(&aws, &name)?;
    if let Err(problem) = running::check(&aws, options, &resources) {
        bail!("nothing was deleted: {problem}");
    }
    let (kept, gone) = split(&aws, &name, &resources)?;
    eprintln!("{}", announced(&name, aws.region(), &kept, gone.len()));
    if !options.yes {
        confirm(&name)?;
    }
    if options.while_running {
        running::stop(&aws, &resources)?;
    }
    if found.protected {
        unprotect(&aws, &name)?;
    }
    let operation = Operation::new(&aws, DELETING);
    let asked = ["cloudformation", "delete-stack", "--stack-name", name.as_str()];
    aws.run("delete the stack", &[&asked[..], &operation.token()].concat())?;
    let ended = operation.follow(&found.id)?;
    if ended.stack.status != "DELETE_COMPLETE" {
        bail!("the stack {name} is not deleted: {}", ended.cause(&aws));
    }
    eprintln!("the stack {name} is deleted");
    print_left(&aws, &kept);
    Ok(())
}

/// The resources that stay, and those that go.
fn split(aws: &Aws, name: &str, resources: &[Resource]) -> Result<(Vec<Resource>, Vec<Resource>)> {
    let retained = stack::retained(aws, name)?;
    Ok(resources.iter().cloned().partition(|resource| retained.contains(&resource.logical)))
}

fn announced(name: &str, region: &str, kept: &[Resource], gone: usize) -> String {
    let mut text = format!(
        "The stack {name} in {region} is deleted: {gone} resources, among them its queues with what is in them.\n\
         These stay, with everything that is in them:"
    );
    for Resource { logical, physical, kind } in kept {
        text.push_str("\n  ");
        text.push_str(&[physical, " (", kind, ", ", logical, ")"].concat());
    }
    text
}

fn confirm(name: &str) -> Result<()> {
    eprint!("Type the stack's name to delete it: ");
    let input = io::stdin();
    if !input.is_terminal() {
        eprintln!();
    }
    let mut typed = String::new();
    input.lock().read_line(&mut typed).context("nothing can be read from standard input")?;
    if typed.trim() != name {
        bail!("that is not the stack's name; nothing was deleted; hint: {name}, or --yes");
    }
    Ok(())
}

/// How what stays is removed by hand, and how it is taken on by another stack.
fn print_left(aws: &Aws, kept: &[Resource]) {
    println!("left, and charged for until you remove it:");
    let region = aws.region();
    for Resource { physical, kind, .. } in kept {
        match kind.as_str() {
            "AWS::DynamoDB::Table" => {
                let table = format!("--region {region} --table-name {physical}");
                println!("  aws dynamodb update-table {table} --no-deletion-protection-enabled");
                println!("  aws dynamodb delete-table {table}");
            }
            "AWS::S3::Bucket" => println!(
                "  {physical}: empty it with all versions (in the console: Empty), then aws s3 rb --region {region} s3://{physical}"
            ),
            _ => println!("  {physical} ({kind})"),
        }
    }
    println!(
        "another stack with the same destination bucket takes it over with CreateDestinationBucket=false; its ledger begins empty, \
         so that the first backup looks at every file again"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_named() {
        let kept = [Resource {
            logical: "FilesTable".to_owned(),
            physical: "drayage-FilesTable-1".to_owned(),
            kind: "AWS::DynamoDB::Table".to_owned(),
        }];
        let told = announced("drayage", "us-east-1", &kept, 7);
        assert!(told.contains("7 resources") && told.contains("drayage-FilesTable-1"), "{told}");
    }
}
