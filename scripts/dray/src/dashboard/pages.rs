//! The files of the page. They are part of the program: nothing is read from a disk, nothing is loaded from elsewhere.

/// A file of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct File {
    pub(super) content_type: &'static str,
    pub(super) text: &'static str,
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// The page itself.
pub(super) const INDEX: File =
    File { content_type: "text/html; charset=utf-8", text: include_str!("page/index.html") };

macro_rules! files {
    ($($name:literal is $kind:ident,)+) => {
        /// The files that the page loads, by name.
        pub(super) const FILES: &[(&str, File)] = &[
            $(($name, File { content_type: $kind, text: include_str!(concat!("page/", $name)) }),)+
        ];
    };
}

files! {
    "accounts.js" is JS,
    "attention.js" is JS,
    "chart.js" is JS,
    "confirm.js" is JS,
    "controls.css" is CSS,
    "current.js" is JS,
    "dom.js" is JS,
    "format.js" is JS,
    "headline.js" is JS,
    "icon.svg" is SVG,
    "main.js" is JS,
    "outcomes.js" is JS,
    "runs.js" is JS,
    "server.js" is JS,
    "start.js" is JS,
    "style.css" is CSS,
}

/// The file of that name.
pub(super) fn find(name: &str) -> Option<File> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, file)| *file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_never_becomes_markup() {
        for (name, file) in FILES {
            for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                assert!(!file.text.contains(way), "{name} has {way}");
            }
        }
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        let elsewhere = |text: &str| text.contains("src=\"http") || text.contains("href=\"http");
        assert!(!elsewhere(INDEX.text));
        for (name, file) in FILES {
            let text = file.text.replace("http://www.w3.org/", "");
            assert!(!text.contains("http://") && !text.contains("@import"), "{name}");
        }
    }

    #[test]
    fn every_module_that_is_imported_is_there() {
        for (name, file) in FILES.iter().filter(|(_, file)| file.content_type == JS) {
            for line in file.text.lines().filter(|line| line.starts_with("import ")) {
                let imported = line.split("\"./").nth(1).and_then(|rest| rest.split('"').next());
                assert!(imported.is_some_and(|module| find(module).is_some()), "{name}: {line}");
            }
        }
    }
}
