#include "kube/journal_text.hpp"

#include <charconv>

#include "base/text.hpp"
#include "kube/json.hpp"
#include "model/etcd.hpp"

namespace kube {
namespace {

constexpr int schema = 1;

// 64 bits do not fit into a JSON number that everybody reads alike.
std::uint64_t number(const std::string& digits) {
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
}

std::string shown(const json::Value& parent, const char* key) {
    return base::shorten(base::printable(json::text(parent, key)), 400);
}

json::Value encode(const model::VerifiedRevision& verified) {
    return {{"revision", verified.revision},
            {"chart", verified.chart},
            {"valuesHash", verified.values_hash},
            {"etcdVersion", verified.etcd_version},
            {"clusterId", model::hex_id(verified.cluster_id)},
            {"members", verified.members},
            {"onDelete", verified.on_delete},
            {"runUrl", verified.run_url},
            {"time", verified.time}};
}

model::VerifiedRevision decode_verified(const json::Value& value) {
    return {.revision = json::integer(value, "revision"),
            .chart = shown(value, "chart"),
            .values_hash = shown(value, "valuesHash"),
            .etcd_version = shown(value, "etcdVersion"),
            .cluster_id = number(json::text(value, "clusterId")),
            .members = json::integer(value, "members"),
            .on_delete = json::boolean(value, "onDelete"),
            .run_url = shown(value, "runUrl"),
            .time = shown(value, "time")};
}

}  // namespace

std::string encode_journal(const model::Journal& journal) {
    json::Value value{{"schema", schema}, {"verified", json::Value::array()}};
    if (journal.running) {
        value["running"] = {{"action", journal.running->action},
                            {"revisionBefore", journal.running->revision_before},
                            {"runUrl", journal.running->run_url},
                            {"started", journal.running->started}};
        if (journal.running->left_pending != 0) {
            value["running"]["leftPending"] = journal.running->left_pending;
        }
    }
    if (journal.left_data) {
        value["leftData"] = {{"clusterId", model::hex_id(journal.left_data->cluster_id)},
                             {"etcdVersion", journal.left_data->etcd_version},
                             {"members", journal.left_data->members},
                             {"time", journal.left_data->time}};
    }
    for (const auto& verified : journal.verified) {
        value["verified"].push_back(encode(verified));
    }
    return value.dump(1);
}

base::Result<model::Journal> decode_journal(std::string_view text) {
    return json::guarded("the record of etcd-deploy", [&] {
        const auto value = json::parse(text);
        if (const int given = json::integer(value, "schema"); given < 1 || given > schema) {
            throw json::Malformed("it has schema " + std::to_string(given) + ", this etcd-deploy knows " +
                                  std::to_string(schema));
        }
        model::Journal journal;
        if (const auto& running = json::object(value, "running"); running.is_object()) {
            journal.running = model::Operation{.action = shown(running, "action"),
                                               .revision_before = json::integer(running, "revisionBefore"),
                                               .left_pending = json::integer(running, "leftPending"),
                                               .run_url = shown(running, "runUrl"),
                                               .started = shown(running, "started")};
        }
        if (const auto& left = json::object(value, "leftData"); left.is_object()) {
            journal.left_data = model::LeftData{.cluster_id = number(json::text(left, "clusterId")),
                                                .etcd_version = shown(left, "etcdVersion"),
                                                .members = json::integer(left, "members"),
                                                .time = shown(left, "time")};
        }
        for (const auto& verified : json::array(value, "verified")) {
            journal.verified.push_back(decode_verified(verified));
        }
        return journal;
    });
}

}  // namespace kube
