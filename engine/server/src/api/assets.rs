//! The page: the files of `console/`, embedded at build time by `build.rs`.

use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::api::answer::No;

/// One embedded file.
#[derive(Debug)]
struct Asset {
    /// As asked for, from the root: `/app.js`.
    path: &'static str,
    bytes: &'static [u8],
    content_type: &'static str,
    /// SHA-256 of the bytes, quoted.
    etag: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Everything that is no call: a file of the page, or nothing.
pub(super) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = if uri.path() == "/" { "/index.html" } else { uri.path() };
    let Some(asset) = find(path) else { return No::UnknownCall.into_response() };
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
    }
    // Kept by the browser but asked for each time: an engine of another version has another page.
    let fresh = [(CACHE_CONTROL, "no-cache"), (ETAG, asset.etag)];
    if headers.get_all(IF_NONE_MATCH).iter().any(|known| names(known.as_bytes(), asset.etag)) {
        return (StatusCode::NOT_MODIFIED, fresh).into_response();
    }
    (fresh, [(CONTENT_TYPE, asset.content_type)], asset.bytes).into_response()
}

fn find(path: &str) -> Option<&'static Asset> {
    let at = ASSETS.binary_search_by(|asset| asset.path.cmp(path)).ok()?;
    Some(&ASSETS[at])
}

/// Whether an If-None-Match names this tag (RFC 9110, 13.1.2).
fn names(header: &[u8], etag: &str) -> bool {
    header.split(|byte| *byte == b',').any(|tag| {
        let tag = tag.trim_ascii();
        tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == etag.as_bytes()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_embedded_and_nothing_that_is_not_the_page() {
        let index = find("/index.html").unwrap();
        assert_eq!(index.content_type, "text/html; charset=utf-8");
        assert!(!index.bytes.is_empty());
        for asset in ASSETS {
            assert_eq!(
                find(asset.path).map(|found| found.etag),
                Some(asset.etag),
                "{}",
                asset.path
            );
            assert!(!asset.path.contains(".test.") && !asset.path.contains("package"));
        }
    }

    #[test]
    fn a_tag_is_known_in_a_list_and_when_weak() {
        assert!(names(b"\"a\", W/\"b\"", "\"b\"") && names(b"*", "\"b\""));
        assert!(!names(b"\"a\"", "\"b\""));
    }
}
