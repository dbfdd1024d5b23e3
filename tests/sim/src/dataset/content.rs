//! The bytes of files: small valid documents of the usual kinds, unique in every file.
//!
//! A content is described by kind, seed and size and made when it is needed, so that a large data set does not have to
//! fit into memory.

use std::io::{Cursor, Write as _};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use rand::{Rng as _, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// What kind of file it is, told by its extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// PDF 1.4 with one page.
    Pdf,
    /// A Word document.
    Docx,
    /// An Excel workbook.
    Xlsx,
    /// A PNG image.
    Png,
    /// A JPEG image.
    Jpeg,
    /// Comma-separated values.
    Csv,
    /// Plain text; also for any other extension.
    Text,
}

impl FileKind {
    /// The kind of a file name.
    pub fn of(name: &str) -> Self {
        match name.rsplit_once('.').map(|(_, tail)| tail.to_ascii_lowercase()).as_deref() {
            Some("pdf") => Self::Pdf,
            Some("docx") => Self::Docx,
            Some("xlsx") => Self::Xlsx,
            Some("png") => Self::Png,
            Some("jpg" | "jpeg") => Self::Jpeg,
            Some("csv") => Self::Csv,
            Some(_) | None => Self::Text,
        }
    }

    /// Its media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Csv => "text/csv",
            Self::Text => "text/plain; charset=utf-8",
        }
    }
}

/// A description of a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// What kind of file it is.
    pub kind: FileKind,
    /// Makes the bytes unique.
    pub seed: u64,
    /// Payload in bytes. The file is larger by its format's frame; 0 gives an empty file.
    pub size_bytes: usize,
}

impl Content {
    /// Makes the bytes.
    pub fn bytes(&self) -> Vec<u8> {
        if self.size_bytes == 0 {
            return Vec::new();
        }
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        match self.kind {
            FileKind::Pdf => pdf(&mut random, self.size_bytes),
            FileKind::Docx => office(&mut random, self.size_bytes, &DOCX_PARTS),
            FileKind::Xlsx => office(&mut random, self.size_bytes, &XLSX_PARTS),
            FileKind::Png => png(&mut random, self.size_bytes),
            FileKind::Jpeg => jpeg(&mut random, self.size_bytes),
            FileKind::Csv => lines(&mut random, self.size_bytes, ','),
            FileKind::Text => lines(&mut random, self.size_bytes, ' '),
        }
    }
}

fn noise(random: &mut ChaCha8Rng, size_bytes: usize) -> Vec<u8> {
    let mut bytes = vec![0; size_bytes];
    random.fill_bytes(&mut bytes);
    bytes
}

/// One page, and a stream object with the payload.
fn pdf(random: &mut ChaCha8Rng, size_bytes: usize) -> Vec<u8> {
    let payload = noise(random, size_bytes);
    let mut file = b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let objects: [&[u8]; 3] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>",
    ];
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    offsets.push(file.len());
    file.extend_from_slice(format!("4 0 obj\n<< /Length {size_bytes} >>\nstream\n").as_bytes());
    file.extend_from_slice(&payload);
    file.extend_from_slice(b"\nendstream\nendobj\n");
    let table = file.len();
    file.extend_from_slice(b"xref\n0 5\n0000000000 65535 f \n");
    for offset in offsets {
        file.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let trailer = format!("trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
    file.extend_from_slice(trailer.as_bytes());
    file
}

const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const DOCX_PARTS: [(&str, &str); 3] = [
    (
        "[Content_Types].xml",
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"bin\" ContentType=\"application/octet-stream\"/>\
         <Override PartName=\"/word/document.xml\" ContentType=\
         \"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>",
    ),
    (
        "_rels/.rels",
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rId1\" Type=\"{relationships}/officeDocument\" Target=\"word/document.xml\"/>\
         </Relationships>",
    ),
    (
        "word/document.xml",
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r>\
         <w:t>A document.</w:t></w:r></w:p></w:body></w:document>",
    ),
];
const XLSX_PARTS: [(&str, &str); 5] = [
    (
        "[Content_Types].xml",
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"bin\" ContentType=\"application/octet-stream\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\
         \"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>\
         <Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\
         \"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/></Types>",
    ),
    (
        "_rels/.rels",
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rId1\" Type=\"{relationships}/officeDocument\" Target=\"xl/workbook.xml\"/>\
         </Relationships>",
    ),
    (
        "xl/workbook.xml",
        "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"{relationships}\">\
         <sheets><sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
    ),
    (
        "xl/_rels/workbook.xml.rels",
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rId1\" Type=\"{relationships}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         </Relationships>",
    ),
    (
        "xl/worksheets/sheet1.xml",
        "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData><row r=\"1\">\
         <c r=\"A1\"><v>1</v></c></row></sheetData></worksheet>",
    ),
];

/// The parts of an Office file, and the payload as one more part.
fn office(random: &mut ChaCha8Rng, size_bytes: usize, parts: &[(&str, &str)]) -> Vec<u8> {
    let payload = noise(random, size_bytes);
    // Writing into memory fails only for archives beyond the format's limits.
    zipped(parts, &payload).unwrap_or_default()
}

fn zipped(parts: &[(&str, &str)], payload: &[u8]) -> ZipResult<Vec<u8>> {
    // A fixed time, so that equal data sets have equal bytes.
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(*name, options)?;
        writer.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n")?;
        writer.write_all(text.replace("{relationships}", RELATIONSHIPS).as_bytes())?;
    }
    writer.start_file("payload.bin", options.compression_method(CompressionMethod::Stored))?;
    writer.write_all(payload)?;
    Ok(writer.finish()?.into_inner())
}

/// One grey pixel, and the payload in a private ancillary chunk.
fn png(random: &mut ChaCha8Rng, size_bytes: usize) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], data: &[u8]| {
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let mut crc = Crc::new();
        crc.update(name);
        crc.update(data);
        file.extend_from_slice(&length.to_be_bytes());
        file.extend_from_slice(name);
        file.extend_from_slice(data);
        file.extend_from_slice(&crc.sum().to_be_bytes());
    };
    chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
    chunk(b"drAy", &noise(random, size_bytes));
    let mut pixel = ZlibEncoder::new(Vec::new(), Compression::fast());
    let scanline = pixel.write_all(&[0, random.random()]).and_then(|()| pixel.finish());
    chunk(b"IDAT", &scanline.unwrap_or_default());
    chunk(b"IEND", &[]);
    file
}

/// A baseline JPEG of one grey pixel: what follows the start-of-image marker.
const JPEG_PIXEL: &str = "ffe000104a46494600010100000100010000\
    ffdb004300ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
    ffffffffffffffffffffffffffffff\
    ffc0000b080001000101011100ffc40014000100000000000000000000000000000000\
    ffc40014100100000000000000000000000000000000ffda0008010100003f003fffd9";
/// A segment's length field counts itself and holds two bytes.
const JPEG_COMMENT_BYTES_MAX: usize = 65_533;

/// One pixel, and the payload in comment segments.
fn jpeg(random: &mut ChaCha8Rng, size_bytes: usize) -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8];
    for comment in noise(random, size_bytes).chunks(JPEG_COMMENT_BYTES_MAX) {
        let length = u16::try_from(comment.len() + 2).unwrap_or(u16::MAX);
        file.extend_from_slice(&[0xFF, 0xFE]);
        file.extend_from_slice(&length.to_be_bytes());
        file.extend_from_slice(comment);
    }
    let digits: Vec<char> = JPEG_PIXEL.chars().filter(char::is_ascii_hexdigit).collect();
    file.extend(digits.chunks(2).filter_map(|pair| {
        let text: String = pair.iter().collect();
        u8::from_str_radix(&text, 16).ok()
    }));
    file
}

/// Lines of numbers and letters.
fn lines(random: &mut ChaCha8Rng, size_bytes: usize, separator: char) -> Vec<u8> {
    let mut text = String::with_capacity(size_bytes + 64);
    while text.len() < size_bytes {
        let cells: [u64; 3] = random.random();
        let line = cells.map(|cell| format!("{cell:x}")).join(&separator.to_string());
        text.push_str(&line);
        text.push('\n');
    }
    text.truncate(size_bytes);
    text.into_bytes()
}
