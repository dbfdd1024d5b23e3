//! Objects that were uploaded in parts on one side and in one piece on the other: their `ETag`s differ, equal or not.

use anyhow::{Context as _, Result};
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use serde_json::json;

use crate::planted::count;
use crate::two_services::{FROM, THEIRS, TwoServices};

const MIB: usize = 1024 * 1024;
const OBJECT_BYTES: usize = 20 * MIB;
const PART_BYTES: usize = 8 * MIB;
const OBJECTS: u8 = 4;

async fn give_in_parts(services: &TwoServices, key: &str, bytes: &[u8]) -> Result<()> {
    let (client, key) = (services.source.client(), format!("{FROM}{key}"));
    // Of the parts, an algorithm that gives the object a checksum as a whole.
    let algorithm = ChecksumAlgorithm::Crc64Nvme;
    let begin = client.create_multipart_upload().bucket(THEIRS).key(&key);
    let begun = begin.checksum_algorithm(algorithm.clone()).send().await?;
    let id = begun.upload_id().context("an upload has an id")?;
    let mut completed = CompletedMultipartUpload::builder();
    for (number, part) in (1..).zip(bytes.chunks(PART_BYTES)) {
        let upload = client.upload_part().bucket(THEIRS).key(&key).upload_id(id);
        let upload = upload.part_number(number).checksum_algorithm(algorithm.clone());
        let sent = upload.body(part.to_vec().into()).send().await?;
        let part = CompletedPart::builder().part_number(number);
        completed = completed.parts(part.set_e_tag(sent.e_tag().map(str::to_owned)).build());
    }
    let complete = client.complete_multipart_upload().bucket(THEIRS).key(&key).upload_id(id);
    complete.multipart_upload(completed.build()).send().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_one_that_differs_is_copied_and_only_when_that_is_known() -> Result<()> {
    let services = TwoServices::start().await?;
    for at in 0..OBJECTS {
        let bytes = vec![at; OBJECT_BYTES];
        give_in_parts(&services, &format!("{at}"), &bytes).await?;
        services
            .have(&format!("{at}"), if at == 2 { vec![b'?'; OBJECT_BYTES] } else { bytes })
            .await?;
    }
    let before = services.destination.server().requests();
    let unknown = services.transfer(&json!({})).await?;
    assert_eq!(count(&unknown, "not_verifiable.multipart_etag"), 4, "{unknown:#?}");
    assert_eq!((unknown.clean, unknown.accounted_for, unknown.copied.objects), (false, true, 0));

    let known = services.transfer(&json!({"level": "bytes"})).await?;
    assert!(known.clean, "{known:#?}");
    assert_eq!((known.copied.objects, known.verdicts.values().sum::<u64>()), (1, 4), "{known:#?}");
    assert_eq!(services.arrived("2"), Some(vec![2; OBJECT_BYTES]));
    let completed = |requests: &std::collections::BTreeMap<String, u64>| {
        let of = |name: &str| requests.get(name).copied().unwrap_or(0);
        of("PutObject") + of("CompleteMultipartUpload")
    };
    let after = services.destination.server().requests();
    assert_eq!(completed(&after) - completed(&before), 1, "{after:?}");
    Ok(())
}
