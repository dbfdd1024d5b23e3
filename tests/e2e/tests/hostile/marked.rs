//! Secrets and personal data: marked values in every place where they come from, a whole life of a stack with errors in it, and
//! then a search of everything that it has left behind.

mod journeys;
mod places;
mod queues;
mod search;

use anyhow::{Context as _, Result, ensure};
use axum::Router;
use axum::http::StatusCode;
use drayage_local::executions::Ended;
use drayage_local::salesforce::SECRET;
use drayage_local::{LocalStack, StackParameters};
use drayage_sim::files::{Fault, FaultKind, ServedFile};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use crate::control::{aws, run_id};
use crate::support::{OBJECT, outcome, rows};
use places::{Left, Place};
use search::{Kind, Mark};

const SOURCE_SECRET: &str = "drayage/source";
const ACCESS_KEY: &str = "AKIAMARKACCESSKEY001";
const SECRET_KEY: &str = "MARK/secret+key/of/the/source/0123456789";
const SESSION_TOKEN: &str = "MARKsession/token+of/the/source==";
const TOKEN: &str = "00Dx00000000001!MARK.token.of.an.answer_0123";
const ECHOED: &str = "MARK-client-secret+that/is&echoed";
const NO_JSON: &str = "MARK-a-secret-that-is-no-json{";
const ACCOUNT: &str = "MARKACCOUNT Ärzte & Söhne";
const RECORD: &str = "MARKRECORD-0001";
const FILE: &str = "MARKFILE Arztbrief Müller.pdf";
/// One signature for each way in which its URL ends.
const SIGNATURES: [&str; 4] =
    ["f00dMARKverified", "f00dMARKdenied", "f00dMARKcutoff", "f00dMARKredirected"];
/// S3 answers a wrong signature with the whole of it.
const DENIED: &str = "<Error><Code>SignatureDoesNotMatch</Code><SignatureProvided>f00dMARKdenied</SignatureProvided></Error>";
const ELSEWHERE: &str = "https://elsewhere.example/a.pdf?X-Amz-Signature=f00dMARKredirected";
const LIMIT: Duration = Duration::from_mins(1);

fn marks(stack: &LocalStack) -> Result<Vec<Mark>> {
    let salesforce = &stack.simulated()?.salesforce;
    let org = salesforce.org();
    let jwt = org.jwt_secret(salesforce.base_url())?;
    let pem = jwt["private_key"].as_str().context("no key")?;
    let mut marks = vec![
        Mark::new(Kind::Secret, "access key id", ACCESS_KEY),
        Mark::new(Kind::Secret, "secret access key", SECRET_KEY),
        Mark::new(Kind::Secret, "session token", SESSION_TOKEN),
        Mark::new(Kind::Secret, "token of a broken answer", TOKEN),
        Mark::new(Kind::Secret, "echoed client secret", ECHOED),
        Mark::new(Kind::Secret, "text of a broken secret", NO_JSON),
        // Every token of the simulator begins like this.
        Mark::new(Kind::Secret, "access token", "!AQ000000000000000000000"),
        Mark::new(Kind::Secret, "client secret", &org.config().credentials.client_secret),
        // Keys of objects have names cleaned, and their claims in lower case.
        Mark::new(Kind::Personal, "account name", "MARKACCOUNT"),
        Mark::new(Kind::Personal, "account name", "markaccount"),
        Mark::new(Kind::Personal, "record name", "MARKRECORD"),
        Mark::new(Kind::Personal, "file name", "MARKFILE"),
        Mark::new(Kind::Personal, "file name", "markfile"),
        Mark::new(Kind::Personal, "name within names", "Arztbrief"),
        Mark::new(Kind::Personal, "name within names", "Ärzte"),
    ];
    // Any line of the key would be a leak, but for its first, which every such key has. Whoever prints a key prints all of it, so
    // a few of its lines are enough.
    let lines = pem.lines().filter(|line| line.len() == 64).skip(1).step_by(8);
    marks.extend(lines.map(|line| Mark::new(Kind::Secret, "private key", line)));
    marks.extend(SIGNATURES.map(|text| Mark::new(Kind::Signature, "signature", text)));
    Ok(marks)
}

/// Where a marked value is by design. The original URL is kept byte for byte, because a rollback puts it back, and a list of
/// files names files; everything else tells numbers, ids and outcomes.
fn is_by_design(kind: Kind, place: Place) -> bool {
    let places: &[Place] = match kind {
        Kind::Secret => &[],
        Kind::Signature => &[Place::Table, Place::Books],
        Kind::Personal => &[Place::Table, Place::Books, Place::Reports, Place::Dray],
    };
    places.contains(&place)
}

fn url(stack: &LocalStack, path: &str, signature: &str) -> Result<String> {
    let base = stack.simulated()?.files.base_url();
    let path = path.replace(' ', "%20");
    Ok(format!("{base}{path}?X-Amz-Credential=c&X-Amz-Expires=60&X-Amz-Signature={signature}"))
}

/// Records with marks in everything that they have.
fn insert(stack: &LocalStack) -> Result<Vec<(String, &'static str)>> {
    let (org, files) = (stack.org()?, &stack.simulated()?.files);
    let account = org.insert("Account", json!({"Name": ACCOUNT}))?;
    let faults = [
        (None, "verified"),
        (Some(FaultKind::StatusPage(403, DENIED)), "failed.access_denied"),
        (Some(FaultKind::CutAfterQuarters(1)), "failed.short_body"),
        (Some(FaultKind::Redirect(ELSEWHERE.to_owned())), "failed.redirect_refused"),
    ];
    let mut inserted = Vec::new();
    for (number, ((fault, expected), signature)) in faults.into_iter().zip(SIGNATURES).enumerate() {
        let path = format!("/{number}/{FILE}");
        let file = ServedFile::new(b"%PDF-1.4 marked".repeat(100), "application/pdf");
        files.put(&path, file, fault.map(Fault::always));
        let url = url(stack, &path, signature)?;
        let fields = json!({"Name": RECORD, "Document__c": url, "Account__c": account});
        inserted.push((org.insert(OBJECT, fields)?, expected));
    }
    for (text, expected) in [
        (format!("https://u:f00dMARKdenied@elsewhere.example/{FILE}"), "failed.credentials_in_url"),
        (ELSEWHERE.to_owned(), "failed.host_not_allowed"),
        (format!("see {FILE}?X-Amz-Signature=f00dMARKdenied"), "failed.malformed_url"),
    ] {
        let fields = json!({"Name": RECORD, "Document__c": text, "Account__c": account});
        inserted.push((org.insert(OBJECT, fields)?, expected));
    }
    Ok(inserted)
}

/// Makes a queue hear what the topic is told. Returns its URL.
async fn listen(stack: &LocalStack) -> Result<String> {
    let created = aws(stack, &["sqs", "create-queue", "--queue-name", "listener"]).await?;
    let queue = created["QueueUrl"].as_str().context("a queue without URL")?.to_owned();
    let arn = format!(
        "arn:aws:sqs:{}:{}:listener",
        drayage_local::emulator::REGION,
        drayage_local::emulator::ACCOUNT
    );
    let topic = stack.stack().output("TopicArn")?;
    let subscribe = ["sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs"];
    aws(stack, &[&subscribe[..], &["--notification-endpoint", &arn]].concat()).await?;
    Ok(queue)
}

/// A migrate that a person approves, and its rollback.
async fn there_and_back(stack: &LocalStack) -> Result<()> {
    let input = json!({"execute": true, "backup": false, "probe": false, "approval": true});
    let migrate = stack.start_execution("MigrateStateMachineArn", &input).await?;
    let key = format!("runs/{}/approval.json", run_id(&migrate));
    let bucket = stack.stack().output("StateBucket")?;
    let deadline = Instant::now() + LIMIT;
    let question: Value = loop {
        let asked = stack.clients().s3.get_object().bucket(bucket).key(&key).send().await;
        if let Ok(found) = asked {
            break serde_json::from_slice(&found.body.collect().await?.into_bytes())?;
        }
        ensure!(Instant::now() < deadline, "nobody is asked");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let token = question["token"].as_str().context("a question without token")?;
    let approve = stack.clients().executions.send_task_success().task_token(token);
    approve.output(json!({"approved": true}).to_string()).send().await?;
    let switched = stack.wait(&migrate).await?.output()?;
    ensure!(switched["counts"]["outcomes"]["switched"] == json!(1), "{switched}");
    let input = json!({"run": run_id(&migrate), "execute": true});
    let rollback = stack.start_execution("RollbackStateMachineArn", &input).await?;
    let restored = stack.wait(&rollback).await?.output()?;
    ensure!(restored["counts"]["outcomes"]["restored"] == json!(1), "{restored}");
    Ok(())
}

/// A sign-in that answers what no client expects, and repeats what it was told.
async fn broken_salesforce(status: StatusCode, answer: String) -> Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let app = Router::new().fallback(move || async move { (status, answer) });
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

/// Runs that fail, each with a secret in what has made it fail. Returns their errors.
async fn failures(stack: &LocalStack) -> Result<Vec<String>> {
    let broken = format!("{{\"access_token\": \"{TOKEN}\", \"instance_url\": ");
    let echo = json!({"error": "invalid_client", "error_description": format!("invalid client secret: {ECHOED}")});
    let elsewhere =
        json!({"access_token": TOKEN, "instance_url": format!("https://{TOKEN}.example")});
    let server = stack.simulated()?.salesforce.base_url();
    let signed_in_wrongly = stack.org()?.client_credentials_secret(server);
    let with = |login: &str| {
        let mut secret = signed_in_wrongly.clone();
        secret["login_url"] = json!(login);
        secret["client_secret"] = json!(ECHOED);
        secret.to_string()
    };
    let mut errors = Vec::new();
    for secret in [
        with(&broken_salesforce(StatusCode::OK, broken).await?),
        with(&broken_salesforce(StatusCode::BAD_REQUEST, echo.to_string()).await?),
        with(&broken_salesforce(StatusCode::OK, elsewhere.to_string()).await?),
        with(server),
        NO_JSON.to_owned(),
        json!({"auth": "jwt", "client_secret": ECHOED, "private_key": ECHOED}).to_string(),
    ] {
        let put = stack.clients().secrets.put_secret_value().secret_id(SECRET);
        put.secret_string(secret).send().await?;
        let execution = stack.start_backup(&json!({})).await?;
        match stack.wait(&execution).await? {
            Ended::Failed { error, .. } => errors.push(error),
            Ended::Succeeded(output) => anyhow::bail!("it ran: {output}"),
        }
    }
    Ok(errors)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_marked_value_is_anywhere_but_where_it_has_to_be() -> Result<()> {
    let parameters = StackParameters::default()
        .with("SourceAccess", "keys")
        .with("SourceSecret", SOURCE_SECRET)
        .with("ApiBudgetWaitSeconds", "1")
        // Looking at a message counts as receiving it.
        .with("CopyMaxReceiveCount", "2")
        .with("LogLevel", "debug");
    let stack = LocalStack::builder().files(0).seed(63).parameters(parameters).start().await?;
    let keys = json!({
        "access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY, "session_token": SESSION_TOKEN,
        "endpoint": stack.emulator().endpoint()
    });
    let create = stack.clients().secrets.create_secret().name(SOURCE_SECRET);
    create.secret_string(keys.to_string()).send().await?;
    let listener = listen(&stack).await?;
    let records = insert(&stack)?;
    let summary = stack.run_backup(&json!({})).await?;
    ensure!(summary.accounted_for, "{summary:#?}");
    let rows = rows(&stack).await?;
    for (id, expected) in &records {
        let row = rows.get(id).context("no row")?;
        ensure!(outcome(row) == *expected, "{expected}: {} ({:?})", outcome(row), row.message);
    }
    there_and_back(&stack).await?;
    journeys::analysis(&stack).await?;
    journeys::transfers(&stack).await?;
    let queued = journeys::dead_letters(&stack).await?;
    let errors = failures(&stack).await?;

    let mut left = places::all(&stack, &listener).await?;
    left.extend(queued);
    for queue in ["CopyQueueUrl", "CopyDeadLetterQueueUrl"] {
        queues::drained(&stack, queue).await?;
    }
    left.extend(queues::peek(&stack).await?);
    let marks = marks(&stack)?;
    let leaks: Vec<_> = left.iter().flat_map(|left| leaks(left, &marks)).collect();
    ensure!(leaks.is_empty(), "{errors:?}\n{}", leaks.join("\n"));
    // The search has seen what there was: what is somewhere by design was found there.
    for (kind, place) in [
        (Kind::Signature, Place::Table),
        (Kind::Signature, Place::Books),
        (Kind::Personal, Place::Table),
        (Kind::Personal, Place::Books),
        (Kind::Personal, Place::Dray),
    ] {
        let mut texts = left.iter().filter(|left| left.place == place);
        let found = texts.any(|left| {
            marks.iter().any(|mark| mark.kind == kind && mark.found_in(&left.text).is_some())
        });
        ensure!(found, "no {kind:?} in any {place:?}");
    }
    for place in [Place::Log, Place::Execution, Place::Topic, Place::Reports] {
        let told =
            left.iter().any(|left| left.place == place && left.text.contains(&summary.run_id));
        ensure!(told, "no {place:?} names the run {}", summary.run_id);
    }
    Ok(())
}

/// The marks that stand where they must not, with what stands around them.
fn leaks(left: &Left, marks: &[Mark]) -> Vec<String> {
    let wrong = marks.iter().filter(|mark| !is_by_design(mark.kind, left.place));
    let found = wrong.filter_map(|mark| Some((mark, mark.found_in(&left.text)?)));
    found
        .map(|(mark, spelling)| {
            let at = left.text.find(spelling).unwrap_or_default();
            let around = at.saturating_sub(300)..at + spelling.len() + 100;
            let near = left.text.char_indices().filter(|(index, _)| around.contains(index));
            let around: String = near.map(|(_, character)| character).collect();
            format!("{} in {:?} {}: …{around}…", mark.name, left.place, left.origin)
        })
        .collect()
}

#[test]
fn a_planted_mark_is_a_leak_in_some_places_and_not_in_others() {
    let marks = [
        Mark::new(Kind::Secret, "key", SECRET_KEY),
        Mark::new(Kind::Signature, "signature", "f00dMARKverified"),
        Mark::new(Kind::Personal, "account", ACCOUNT),
    ];
    let text = format!("{SECRET_KEY} {ACCOUNT} ?X-Amz-Signature=f00dMARKverified");
    for (place, expected) in [
        (Place::Log, 3),
        (Place::Execution, 3),
        (Place::Topic, 3),
        (Place::Queue, 3),
        (Place::Table, 1),
        (Place::Books, 1),
        (Place::Reports, 2),
        (Place::Dray, 2),
    ] {
        let left = Left { place, origin: "planted".to_owned(), text: text.clone() };
        assert_eq!(leaks(&left, &marks).len(), expected, "{place:?}");
        let clean = Left { text: "nothing".to_owned(), ..left };
        assert_eq!(leaks(&clean, &marks).len(), 0);
    }
}
