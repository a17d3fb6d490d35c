#include "dataset/schema.h"

namespace gre {
namespace {

constexpr std::string_view kStatements[] = {
    R"(CREATE TABLE IF NOT EXISTS facts (
         key TEXT PRIMARY KEY,
         value TEXT NOT NULL))",

    // What was done to the dataset: settings and summary are JSON; `ended` is NULL for a run that
    // was interrupted.
    R"(CREATE TABLE IF NOT EXISTS runs (
         number {identity},
         command TEXT NOT NULL,
         settings TEXT NOT NULL,
         software TEXT NOT NULL,
         started TEXT NOT NULL,
         ended TEXT,
         summary TEXT))",

    // One row a record of the source. Truth: coordinates with a precision, or the country alone.
    // `presence`: "present" (sha256 names its file in images/), "wanted" (url is to be downloaded),
    // "failed" (a finding says why), "none" (a record without a photo). `extra`: the source's other
    // fields as a JSON object. Photos that are copies or near-duplicates of each other share a
    // `duplicate_group`, the number of the first of them.
    R"(CREATE TABLE IF NOT EXISTS photos (
         number {identity},
         id TEXT NOT NULL UNIQUE,
         source TEXT NOT NULL,
         url TEXT,
         presence TEXT NOT NULL,
         sha256 TEXT,
         extension TEXT,
         width BIGINT,
         height BIGINT,
         bytes BIGINT,
         latitude DOUBLE PRECISION,
         longitude DOUBLE PRECISION,
         precision_km DOUBLE PRECISION,
         country_code TEXT,
         kind TEXT,
         source_split TEXT,
         author TEXT,
         licence TEXT,
         taken TEXT,
         extra TEXT NOT NULL,
         perceptual_hash BIGINT,
         duplicate_group BIGINT))",
    "CREATE INDEX IF NOT EXISTS photos_sha256 ON photos (sha256)",
    "CREATE INDEX IF NOT EXISTS photos_presence ON photos (presence, number)",
    "CREATE INDEX IF NOT EXISTS photos_duplicates ON photos (duplicate_group)",

    // What check measured on a photo's pixels and file, once; findings are drawn from it. `error`:
    // why it cannot be read; `blank`: nothing to be seen; `face_share` NULL: not looked for;
    // `private_keys` of its metadata, without values.
    R"(CREATE TABLE IF NOT EXISTS looks (
         photo BIGINT PRIMARY KEY REFERENCES photos (number),
         error TEXT,
         blank BIGINT NOT NULL,
         flat_share DOUBLE PRECISION NOT NULL,
         tone_share DOUBLE PRECISION NOT NULL,
         face_share DOUBLE PRECISION,
         private_keys TEXT NOT NULL))",

    // What import and check found out about a photo. Where `drops` is 1 the photo takes no part in
    // anything that follows.
    R"(CREATE TABLE IF NOT EXISTS findings (
         photo BIGINT NOT NULL REFERENCES photos (number),
         stage TEXT NOT NULL,
         reason TEXT NOT NULL,
         drops BIGINT NOT NULL,
         detail TEXT NOT NULL,
         PRIMARY KEY (photo, stage, reason)))",
    "CREATE INDEX IF NOT EXISTS findings_reason ON findings (stage, reason)",

    // The seed sample: which photos, from which cell of the globe, in which split.
    R"(CREATE TABLE IF NOT EXISTS seed (
         photo BIGINT PRIMARY KEY REFERENCES photos (number),
         cell TEXT NOT NULL,
         split TEXT NOT NULL))",

    // Instructions by the hash of their file.
    R"(CREATE TABLE IF NOT EXISTS prompts (
         hash TEXT PRIMARY KEY,
         name TEXT NOT NULL,
         text TEXT NOT NULL))",

    // Who was asked: name, kind of engine, model, and the settings that answers depend on as JSON.
    R"(CREATE TABLE IF NOT EXISTS teachers (
         name TEXT PRIMARY KEY,
         kind TEXT NOT NULL,
         model TEXT NOT NULL,
         settings TEXT NOT NULL))",

    // One row an answer that is wanted. `state`: open, leased, done, failed. A lease that has
    // expired, or whose owner is dead, is free again.
    R"(CREATE TABLE IF NOT EXISTS requests (
         number {identity},
         purpose TEXT NOT NULL,
         teacher TEXT NOT NULL REFERENCES teachers (name),
         photo BIGINT NOT NULL REFERENCES photos (number),
         sample BIGINT NOT NULL,
         state TEXT NOT NULL,
         attempts BIGINT NOT NULL,
         owner TEXT,
         lease_until BIGINT,
         error TEXT,
         UNIQUE (purpose, teacher, photo, sample)))",
    "CREATE INDEX IF NOT EXISTS requests_state ON requests (state, purpose, teacher, attempts, "
    "number)",

    // Every request that left: "in_flight", then "stored" with its reply, "failed" with an error,
    // or "lost" (the process died first), which is counted as spent at its estimate.
    R"(CREATE TABLE IF NOT EXISTS charges (
         number {identity},
         request BIGINT NOT NULL REFERENCES requests (number),
         state TEXT NOT NULL,
         prompt_tokens BIGINT NOT NULL,
         completion_tokens BIGINT NOT NULL,
         cost DOUBLE PRECISION NOT NULL,
         started TEXT NOT NULL,
         ended TEXT))",
    "CREATE INDEX IF NOT EXISTS charges_state ON charges (state, request)",

    // The answers as they came, and how they were read. `reading`: ok, unparsed, refused. Distance
    // to the truth where that is a point; where it is a country, whether the point lies in it.
    // `findings`: JSON array of contradictions with answer or truth; `steps` of the chain.
    // `content_key` names everything that the text depends on.
    R"(CREATE TABLE IF NOT EXISTS replies (
         number {identity},
         request BIGINT NOT NULL UNIQUE REFERENCES requests (number),
         purpose TEXT NOT NULL,
         teacher TEXT NOT NULL,
         photo BIGINT NOT NULL REFERENCES photos (number),
         sample BIGINT NOT NULL,
         attempt BIGINT NOT NULL,
         prompt_hash TEXT,
         content_key TEXT NOT NULL,
         text TEXT NOT NULL,
         finish_reason TEXT NOT NULL,
         prompt_tokens BIGINT NOT NULL,
         completion_tokens BIGINT NOT NULL,
         cost DOUBLE PRECISION NOT NULL,
         milliseconds DOUBLE PRECISION NOT NULL,
         created TEXT NOT NULL,
         reading TEXT NOT NULL,
         latitude DOUBLE PRECISION,
         longitude DOUBLE PRECISION,
         deviation_km DOUBLE PRECISION,
         in_country BIGINT,
         steps BIGINT NOT NULL,
         findings TEXT NOT NULL))",
    "CREATE INDEX IF NOT EXISTS replies_photo ON replies (photo, purpose)",
    "CREATE INDEX IF NOT EXISTS replies_content ON replies (content_key)",

    // Which part of the data each photo is for: cot, judge or seed. No photo, and no duplicate of
    // it, is in two.
    R"(CREATE TABLE IF NOT EXISTS parts (
         photo BIGINT PRIMARY KEY REFERENCES photos (number),
         part TEXT NOT NULL))",

    // The finished data: `part` is cot, judge or seed; reply 0: none. `label`: 1 True, 0 False,
    // judge only; `band` of the answer's distance; `hard`: near the bound between the labels.
    // `chain`: the text after review; NULL: the reply's own. `reviewed`: "none" or the annotators.
    R"(CREATE TABLE IF NOT EXISTS entries (
         part TEXT NOT NULL,
         photo BIGINT NOT NULL REFERENCES photos (number),
         reply BIGINT NOT NULL,
         label BIGINT,
         deviation_km DOUBLE PRECISION,
         band TEXT,
         hard BIGINT NOT NULL,
         split TEXT NOT NULL,
         chain TEXT,
         reviewed TEXT NOT NULL,
         dropped BIGINT NOT NULL,
         PRIMARY KEY (part, photo, reply)))",

    // What a person decided about a chain or a photo: keep, fix or drop, with reason keys.
    R"(CREATE TABLE IF NOT EXISTS reviews (
         part TEXT NOT NULL,
         photo BIGINT NOT NULL REFERENCES photos (number),
         reply BIGINT NOT NULL,
         annotator TEXT NOT NULL,
         decision TEXT NOT NULL,
         reasons TEXT NOT NULL,
         chain TEXT,
         decided TEXT NOT NULL,
         PRIMARY KEY (part, photo, reply, annotator)))",
};

}  // namespace

std::span<const std::string_view> DatasetSchemaStatements() { return kStatements; }

}  // namespace gre
