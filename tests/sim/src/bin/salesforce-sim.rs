//! The Salesforce simulator as a program of its own.
//!
//! Prints one JSON line with everything a client needs when it is ready, and stops on SIGTERM or SIGINT.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use drayage_sim::salesforce::{FaultPlan, Org, OrgConfig, Seed, Server, ServerConfig, populate};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

/// Serves a simulated Salesforce org on 127.0.0.1.
#[derive(Debug, Parser)]
struct Arguments {
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Seed of the data; equal seeds and sizes give equal data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of document entries.
    #[arg(long, default_value_t = 100)]
    size: usize,
    /// Start of every document address.
    #[arg(long, default_value = "https://legacy-documents.s3.us-east-1.amazonaws.com/files")]
    url_prefix: String,
    /// JSON file with a fault plan.
    #[arg(long)]
    faults: Option<PathBuf>,
    /// Address that replies name as the org's instance, when clients use another one than 127.0.0.1.
    #[arg(long)]
    instance_url: Option<String>,
    /// Writes the Drayage Salesforce secret to this file.
    #[arg(long)]
    write_secret: Option<PathBuf>,
    /// Name of the org.
    #[arg(long, default_value = "Drayage Simulator")]
    org_name: String,
    /// The org is a production org instead of a sandbox.
    #[arg(long)]
    production: bool,
    /// Which login flow the secret is for.
    #[arg(long, value_enum, default_value_t = Auth::Jwt)]
    auth: Auth,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Auth {
    Jwt,
    ClientCredentials,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let org = Org::new(OrgConfig {
        seed: arguments.seed,
        name: arguments.org_name.clone(),
        is_sandbox: !arguments.production,
        ..OrgConfig::default()
    })?;
    let seed = Seed {
        seed: arguments.seed,
        entries: arguments.size,
        url_prefix: arguments.url_prefix.clone(),
    };
    populate(&org, &seed)?;
    if let Some(path) = &arguments.faults {
        let text = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let plan: FaultPlan = serde_json::from_slice(&text)
            .with_context(|| format!("{} is not a fault plan", path.display()))?;
        org.set_faults(plan);
    }
    let config =
        ServerConfig { port: arguments.port, instance_url: arguments.instance_url.clone() };
    let server = Server::start(org, config).await.context("starting the server")?;
    announce(&arguments, server.org(), server.base_url())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    server.shutdown().await.context("stopping the server")
}

/// Writes the secret, then the line that says the server is ready.
fn announce(arguments: &Arguments, org: &Org, base_url: &str) -> anyhow::Result<()> {
    if let Some(path) = &arguments.write_secret {
        let secret = match arguments.auth {
            Auth::Jwt => org.jwt_secret(base_url)?,
            Auth::ClientCredentials => org.client_credentials_secret(base_url),
        };
        std::fs::write(path, format!("{secret:#}\n"))
            .with_context(|| format!("writing {}", path.display()))?;
    }
    let config = org.config();
    let ready = json!({
        "base_url": base_url,
        "org_id": org.org_id(),
        "client_id": config.credentials.client_id,
        "client_secret": config.credentials.client_secret,
        "username": config.credentials.username,
        "password": config.credentials.password,
        "security_token": config.credentials.security_token,
        "object": config.object,
        "url_field": config.url_field,
        "account_field": config.account_field,
        "secret_file": arguments.write_secret,
        "entries": arguments.size,
    });
    let mut output = std::io::stdout().lock();
    writeln!(output, "{ready}")?;
    output.flush().context("writing to standard output")
}
