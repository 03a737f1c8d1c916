//! Hashes, identifiers and RSA.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use rsa::Pkcs1v15Encrypt;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use uuid::Uuid;

use super::encoding::decode_base64;
use super::filesystem::contents;
use super::string::text;
use super::{Arguments, Function, FunctionError, Param, Returns, Takes};
use crate::value::{Number, Type, Value};

const STRING: Returns = Returns::Always(Takes::String);
const STR: &[Param] = &[Param::string("str")];
const PATH: &[Param] = &[Param::string("path")];

pub(super) const TABLE: &[Function] = &[
    Function::new("base64sha256", STR, STRING, |a| text(base64::<Sha256>(a.text(0)?.as_bytes()))),
    Function::new("base64sha512", STR, STRING, |a| text(base64::<Sha512>(a.text(0)?.as_bytes()))),
    Function::new("bcrypt", STR, STRING, bcrypt).variadic(Param::number("cost")),
    Function::new("filebase64sha256", PATH, STRING, |a| text(base64::<Sha256>(&contents(a)?))),
    Function::new("filebase64sha512", PATH, STRING, |a| text(base64::<Sha512>(&contents(a)?))),
    Function::new("filemd5", PATH, STRING, |a| text(hex::<Md5>(&contents(a)?))),
    Function::new("filesha1", PATH, STRING, |a| text(hex::<Sha1>(&contents(a)?))),
    Function::new("filesha256", PATH, STRING, |a| text(hex::<Sha256>(&contents(a)?))),
    Function::new("filesha512", PATH, STRING, |a| text(hex::<Sha512>(&contents(a)?))),
    Function::new("md5", STR, STRING, |a| text(hex::<Md5>(a.text(0)?.as_bytes()))),
    Function::new("rsadecrypt", &[Param::string("ciphertext"), Param::string("privatekey")], STRING, rsadecrypt),
    Function::new("sha1", STR, STRING, |a| text(hex::<Sha1>(a.text(0)?.as_bytes()))),
    Function::new("sha256", STR, STRING, |a| text(hex::<Sha256>(a.text(0)?.as_bytes()))),
    Function::new("sha512", STR, STRING, |a| text(hex::<Sha512>(a.text(0)?.as_bytes()))),
    Function::new("uuid", &[], STRING, |a| {
        if a.cx.planning { Ok(Value::unknown(Type::String)) } else { text(Uuid::new_v4().to_string()) }
    }),
    Function::new("uuidv5", &[Param::string("namespace"), Param::string("name")], STRING, uuidv5),
];

fn hex<D: Digest>(data: &[u8]) -> String {
    let digits = |byte: u8| [byte >> 4, byte & 0xf].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'));
    D::digest(data).iter().copied().flat_map(digits).collect()
}

fn base64<D: Digest>(data: &[u8]) -> String {
    STANDARD.encode(D::digest(data))
}

/// Another hash at every call, hence unknown while planning.
fn bcrypt(a: &Arguments) -> Result<Value, FunctionError> {
    let cost = match a.values.get(1..).unwrap_or_default() {
        [] => 10,
        [cost] => {
            cost.as_number().and_then(Number::to_i64).ok_or_else(|| FunctionError::at(1, "must be a whole number"))?
        }
        _ => return Err("bcrypt() takes no more than two arguments".into()),
    };
    if a.cx.planning {
        return Ok(a.unknown());
    }
    let failed = |why: String| FunctionError::from(format!("error occurred generating password {why}"));
    if cost > 31 {
        return Err(failed(format!("crypto/bcrypt: cost {cost} is outside allowed range (4,31)")));
    }
    // Go takes a cost below the least one for the default.
    let cost = u32::try_from(cost).ok().filter(|cost| *cost >= 4).unwrap_or(10);
    if a.text(0)?.len() > 72 {
        return Err(failed("bcrypt: password length exceeds 72 bytes".into()));
    }
    let parts = ::bcrypt::hash_with_result(a.text(0)?, cost).map_err(|e| failed(e.to_string()))?;
    text(parts.format_for_version(::bcrypt::Version::TwoA))
}

fn uuidv5(a: &Arguments) -> Result<Value, FunctionError> {
    let namespace = match a.text(0)? {
        "dns" => Uuid::NAMESPACE_DNS,
        "url" => Uuid::NAMESPACE_URL,
        "oid" => Uuid::NAMESPACE_OID,
        "x500" => Uuid::NAMESPACE_X500,
        other => Uuid::parse_str(other).map_err(|_| {
            let why = match other.len() {
                32 | 36 | 38 | 45 => "invalid UUID format".to_owned(),
                length => format!("invalid UUID length: {length}"),
            };
            FunctionError::from(format!("uuidv5() doesn't support namespace {other} ({why})"))
        })?,
    };
    text(Uuid::new_v5(&namespace, a.text(1)?.as_bytes()).to_string())
}

/// PKCS #1 v1.5 with a key in PEM. Nothing of the key or the text gets into an error.
fn rsadecrypt(a: &Arguments) -> Result<Value, FunctionError> {
    let ciphertext = decode_base64(a.text(0)?)
        .ok_or_else(|| FunctionError::at(0, "failed to decode input: cipher text must be base64-encoded"))?;
    let pem = a.text(1)?;
    let key =
        rsa::RsaPrivateKey::from_pkcs1_pem(pem).or_else(|_| rsa::RsaPrivateKey::from_pkcs8_pem(pem).map_err(|_| ()));
    let key =
        key.map_err(|()| FunctionError::at(1, "failed to parse key: no unencrypted RSA private key in PEM found"))?;
    let plain = key.decrypt(Pkcs1v15Encrypt, &ciphertext);
    let plain = plain.map_err(|_| FunctionError::from("failed to decrypt: the text was not encrypted for this key"))?;
    text(String::from_utf8(plain).map_err(|_| "the decrypted text is not valid UTF-8")?)
}
