//! A Salesforce that keeps one field of some records in memory and can be told to misbehave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use wiremock::{Request, Respond, ResponseTemplate};

pub(crate) const OBJECT: &str = "DocListEntry__c";
pub(crate) const FIELD: &str = "Document__c";
/// The id of every job.
pub(crate) const JOB: &str = "750000000000001AAA";

/// Id of the record `number`.
pub(crate) fn id(number: usize) -> String {
    format!("a0B{number:012}AAA")
}

/// What the org holds, and what it is told to do.
#[derive(Debug, Default)]
pub(crate) struct State {
    url: String,
    /// Records that are there.
    pub(crate) values: BTreeMap<String, Option<String>>,
    /// So many more writes of a record find it locked.
    pub(crate) locks: BTreeMap<String, u32>,
    /// Records whose writes are refused.
    pub(crate) refused: BTreeSet<String>,
    /// Somebody writes these just before the next write of the record comes in.
    pub(crate) edits: BTreeMap<String, String>,
    /// The next write is carried out, and its answer is lost.
    pub(crate) lose_answer: bool,
    /// The ids of every call that wrote records.
    pub(crate) calls: Vec<Vec<String>>,
    /// The ids of every reading.
    pub(crate) readings: Vec<Vec<String>>,
    /// State of the job, and its rows by their ending.
    pub(crate) job: String,
    pub(crate) uploaded: Vec<(String, Option<String>)>,
    pub(crate) written: Vec<String>,
    pub(crate) failed: Vec<(String, String)>,
    /// Keys of the state bucket, in the order of their writes.
    pub(crate) documents: Vec<(String, Value)>,
}

/// The org.
#[derive(Debug, Default)]
pub(crate) struct Org(Mutex<State>);

/// Answers for an org.
pub(crate) struct Responder(pub(crate) Arc<Org>);

impl Org {
    /// An org whose records 0, 1, … hold the new URL of their line.
    pub(crate) fn switched(records: usize) -> Arc<Self> {
        let org = Self::default();
        let value = |number: usize| Some(format!("https://new/{number}"));
        org.state().values = (0..records).map(|number| (id(number), value(number))).collect();
        Arc::new(org)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn set_url(&self, url: &str) {
        url.clone_into(&mut self.state().url);
    }

    /// What a record holds.
    pub(crate) fn value(&self, number: usize) -> Option<String> {
        self.state().values.get(&id(number)).cloned().flatten()
    }
}

impl State {
    /// Writes one record; the error is a code.
    fn write(&mut self, id: &str, value: &Value, guarded: bool) -> Result<(), &'static str> {
        if let Some(edit) = self.edits.remove(id) {
            self.values.insert(id.to_owned(), Some(edit));
            if guarded {
                return Err("PRECONDITION_FAILED");
            }
        }
        if let Some(left) = self.locks.get_mut(id).filter(|left| **left > 0) {
            *left -= 1;
            return Err("UNABLE_TO_LOCK_ROW");
        }
        if self.refused.contains(id) {
            return Err("FIELD_CUSTOM_VALIDATION_EXCEPTION");
        }
        if !self.values.contains_key(id) {
            return Err("ENTITY_IS_DELETED");
        }
        self.values.insert(id.to_owned(), value.as_str().map(str::to_owned));
        Ok(())
    }

    fn read(&mut self, body: &Value) -> Value {
        let ids: Vec<String> = serde_json::from_value(body["ids"].clone()).unwrap();
        let date = "2026-01-02T17:38:59.000+0000";
        let row = |id: &String| {
            let value = self.values.get(id)?;
            Some(json!({"Id": id, FIELD: value, "LastModifiedDate": date, "SystemModstamp": date}))
        };
        let rows: Vec<Option<Value>> = ids.iter().map(row).collect();
        self.readings.push(ids);
        json!(rows)
    }

    fn collection(&mut self, body: &Value) -> Value {
        let records = body["records"].as_array().unwrap();
        let text = |record: &Value| record["id"].as_str().unwrap().to_owned();
        self.calls.push(records.iter().map(text).collect());
        let result = |record: &Value| match self.write(&text(record), &record[FIELD], false) {
            Ok(()) => json!({"id": text(record), "success": true, "errors": []}),
            Err(code) => {
                json!({"success": false, "errors": [{"statusCode": code, "message": "m", "fields": []}]})
            }
        };
        records.iter().map(result).collect()
    }

    fn composite(&mut self, body: &Value) -> Value {
        let requests = body["compositeRequest"].as_array().unwrap();
        let id = |one: &Value| one["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        self.calls.push(requests.iter().map(id).collect());
        let response = |one: &Value| {
            let reference = &one["referenceId"];
            match self.write(&id(one), &one["body"][FIELD], true) {
                Ok(()) => {
                    json!({"body": null, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": reference})
                }
                Err(code) => {
                    let status = if code == "PRECONDITION_FAILED" { 412 } else { 400 };
                    json!({"body": [{"errorCode": code, "message": "m"}], "httpHeaders": {},
                        "httpStatusCode": status, "referenceId": reference})
                }
            }
        };
        let responses: Vec<Value> = requests.iter().map(response).collect();
        json!({ "compositeResponse": responses })
    }

    /// `"Id","Document__c"` and a line per row; no cell of a test has a comma or a quote.
    fn upload(&mut self, csv: &str) {
        let row = |line: &str| {
            let (id, value) = line.split_once(',').unwrap();
            let (id, value) = (id.trim_matches('"'), value.trim_matches('"'));
            (id.to_owned(), (value != "#N/A").then(|| value.to_owned()))
        };
        self.uploaded = csv.lines().skip(1).map(row).collect();
    }

    fn run_job(&mut self) {
        let rows = self.uploaded.clone();
        self.calls.push(rows.iter().map(|(id, _)| id.clone()).collect());
        for (id, value) in rows {
            match self.write(&id, &json!(value), false) {
                Ok(()) => self.written.push(id),
                Err(code) => self.failed.push((id, code.to_owned())),
            }
        }
        "JobComplete".clone_into(&mut self.job);
    }

    fn job(&self) -> Value {
        json!({"id": JOB, "state": self.job, "errorMessage": null,
            "numberRecordsProcessed": self.written.len() + self.failed.len()})
    }

    fn results(&self, list: &str) -> String {
        match list {
            "successfulResults" => {
                let line = |id: &String| format!("{id},false,{id},x\n");
                let lines: String = self.written.iter().map(line).collect();
                format!("sf__Id,sf__Created,Id,{FIELD}\n{lines}")
            }
            "failedResults" => {
                let line = |(id, code): &(String, String)| format!("{id},{code}:m:--,{id},x\n");
                let lines: String = self.failed.iter().map(line).collect();
                format!("sf__Id,sf__Error,Id,{FIELD}\n{lines}")
            }
            _ => format!("Id,{FIELD}\n"),
        }
    }
}

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.state();
        let ok = |body: &Value| ResponseTemplate::new(200).set_body_json(body);
        let path = request.url.path().to_owned();
        if let Some(key) = path.strip_prefix("/state/") {
            let document = serde_json::from_slice(&request.body).unwrap_or_default();
            state.documents.push((key.to_owned(), document));
            return ResponseTemplate::new(200);
        }
        if path == "/services/oauth2/token" {
            let id = "https://login.salesforce.com/id/00D000000000062EAA/005000000000001AAA";
            return ok(
                &json!({"access_token": "t", "instance_url": state.url, "id": id, "token_type": "Bearer"}),
            );
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let resource = path.splitn(5, '/').last().unwrap_or_default().to_owned();
        let last = resource.rsplit('/').next().unwrap_or_default();
        match (request.method.as_str(), resource.as_str()) {
            ("POST", "composite/sobjects/DocListEntry__c") => ok(&state.read(&body)),
            ("PATCH", "composite/sobjects") | ("POST", "composite") => {
                let answer = if resource == "composite" {
                    state.composite(&body)
                } else {
                    state.collection(&body)
                };
                if std::mem::take(&mut state.lose_answer) {
                    return ResponseTemplate::new(500);
                }
                ok(&answer)
            }
            ("POST", "jobs/ingest") => {
                "Open".clone_into(&mut state.job);
                (state.written, state.failed) = (Vec::new(), Vec::new());
                ok(&state.job())
            }
            ("PUT", _) => {
                state.upload(std::str::from_utf8(&request.body).unwrap());
                ResponseTemplate::new(201)
            }
            ("PATCH", _) if body["state"] == "Aborted" => {
                "Aborted".clone_into(&mut state.job);
                ok(&state.job())
            }
            ("PATCH", _) => {
                state.run_job();
                ok(&state.job())
            }
            ("GET", _) if last == JOB => ok(&state.job()),
            ("GET", _) => ResponseTemplate::new(200).set_body_raw(state.results(last), "text/csv"),
            (method, _) => panic!("nobody answers {method} {path}"),
        }
    }
}
