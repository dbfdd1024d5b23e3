//! `dray dashboard`: serves a live page about the stack, to this machine only.
//!
//! The page shows what [`crate::view`] knows and sends what a person decides there; every decision goes through the same functions
//! as the commands. [`guard`] keeps everybody else out, [`poller`] asks AWS for all pages at once, [`hub`] tells them what is new.

mod actions;
mod aws;
mod guard;
mod history;
mod hub;
mod pages;
mod poller;
mod scan;
mod server;
mod source;

use std::io::IsTerminal as _;
use std::net::Ipv4Addr;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;

use crate::cli::Common;
use crate::connection::Connection;
use crate::failure::{Failure, Verdict};
use crate::interrupt;
use crate::output::{data, note};

use aws::Aws;
use guard::{Guard, Token};
use poller::Pace;
use server::Server;

/// Serves a live page about the stack, to this machine only.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Dashboard {
    /// Listen on this port of 127.0.0.1 instead of a free one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Only print the address. Without this a browser opens it, if standard output is a terminal.
    #[arg(long)]
    no_open: bool,
}

const EXAMPLES: &str = "\
The address holds a random token that stands for your AWS rights: whoever has it can start and stop what you can. It is good \
until the command ends. Ctrl-C ends the page and nothing else: executions go on.

Examples:
  dray dashboard
      Opens the page of the stack `drayage` in a browser.
  dray dashboard --stack drayage-test --no-open --port 8080
      Prints the address only. For a stack that is operated on another machine, forward the port:
      ssh -L 8080:127.0.0.1:8080 machine
  dray dashboard --json --no-open
      Prints {\"url\":\"http://127.0.0.1:PORT/?token=TOKEN\"} as one line, and serves.

Exit status: 0 ended by Ctrl-C; 1 the port is taken; 2 wrong arguments; 3 AWS or the stack cannot be reached.";

/// `dray dashboard`.
pub(crate) async fn run(arguments: &Dashboard, common: &Common) -> Result<Verdict, Failure> {
    let listener = listen(arguments.port).await?;
    let connection = Connection::open(&common.stack).await?;
    let (server, url) = ready(&listener, connection)?;
    data(&if common.json { json!({ "url": url }).to_string() } else { url.clone() })?;
    note("Serving to this machine only, until Ctrl-C.");
    if !arguments.no_open && std::io::stdout().is_terminal() {
        open_browser(&url);
    }
    tokio::select! {
        // Open event streams would keep a server that waits for the end of its connections: they are broken off.
        ended = server.serve(listener) => Err(Failure::failed(
            format!("the page cannot be served any more: {}", ended.err().map_or_else(String::new, |e| e.to_string())),
            "start the command again; executions go on",
        )),
        () = interrupt::heard() => {
            note("\nThe page has ended; executions go on.");
            Ok(Verdict::Clean)
        }
    }
}

async fn listen(port: Option<u16>) -> Result<TcpListener, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0))).await.map_err(|error| {
        Failure::failed(
            format!("127.0.0.1:{} cannot be listened on: {error}", port.unwrap_or(0)),
            "leave --port out to take a free one",
        )
    })
}

/// The server of that listener, and the address that lets a browser in.
fn ready(listener: &TcpListener, connection: Connection) -> Result<(Server, String), Failure> {
    let failed = |error: std::io::Error| {
        Failure::failed(error.to_string(), "this machine gives no ports or no random numbers")
    };
    let token = Token::random().map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    let guard = Guard::new(port, &token);
    Ok((Server::new(guard, Arc::new(Aws::new(connection)), Pace::DEFAULT), token.url(port)))
}

fn open_browser(url: &str) {
    if let Err(error) = open::that_detached(url) {
        note(&format!("no browser can be opened ({error}); open the address yourself"));
    }
}

#[cfg(test)]
mod browser;
#[cfg(test)]
mod browser_tests;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod server_tests;
