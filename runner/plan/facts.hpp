// Everything that a plan is made of, read once before anything is touched. Texts come from charts and from the
// cluster: untrusted. Some hold secrets (values, objects): a plan has none of them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/etcd.hpp"
#include "model/kubernetes.hpp"
#include "model/plan.hpp"
#include "model/pod_state.hpp"
#include "model/record.hpp"
#include "model/request.hpp"
#include "model/surroundings.hpp"

namespace plan {

// Where a values file sets something.
struct ValuePlace {
    std::string path;  // "resources.limits.memory", "extraEnvVars[0].name"
    std::string file;  // as the user gave it
    std::size_t line = 0;
};

// A field that somebody else owns: to apply it would be a conflict.
struct TakenField {
    std::string path;     // ".spec.replicas"
    std::string manager;  // "kubectl-edit"
    friend bool operator==(const TakenField&, const TakenField&) = default;
};

// An object that helm would apply, and what the API server said to a dry run of it.
struct Trial {
    model::ObjectName object;
    std::string manifest;  // JSON; scalars without quotes in the YAML are texts in it
    std::string live;      // JSON, as it is; empty: there is none, or it may not be read
    std::string applied;   // JSON, as it would be; empty: it is refused, or nobody could be asked
    std::string refusal;   // the server's words; empty: it would take it
    std::string hint;      // what helps, as far as it is known from the kind of refusal
    std::vector<TakenField> taken;
    std::vector<std::string> warnings;  // the server's own: deprecated, ignored
    bool is_unknown = false;            // whether it is there nobody could say
};

struct Chart {
    std::string name;    // "etcd-12.0.20"
    std::string home;    // "https://bitnami.com"
    std::string values;  // its own, JSON
};

// What the user may not do: verbs on a resource.
struct MissingRight {
    std::string group;  // "" is the core
    std::string resource;
    std::vector<std::string> verbs;
};

// Something that may not be readable, and then is a note.
template <typename T>
using Maybe = std::optional<T>;

struct Facts {
    model::Request request;
    std::string kubernetes_version;  // "v1.37.2"
    bool namespace_exists = true;

    // What is asked for.
    Chart chart;
    std::string values = "{}";       // the user's, JSON
    std::vector<ValuePlace> places;  // of the values files, in the order in which they win
    std::string render_hint;         // what helps then, when that is known
    std::string render_error;        // helm's words when the chart cannot be rendered; then there are no objects
    std::vector<Trial> objects;      // in the order of the manifest
    std::vector<Trial> hooks;        // of helm: rendered, not tried
    std::optional<Trial> pod;        // one of etcd's, tried by itself: quotas and admission judge pods
    bool is_orchestrated = true;     // the runner would replace members
    bool sets_strategy = true;       // and it is the runner that makes their set OnDelete

    std::vector<model::Basis> basis;  // what is asked for, of which cluster: another plan is for something else
    // What there is.
    std::optional<model::ReleaseRevision> release;
    std::vector<model::ObjectName> removed;            // of the release, and not in the chart any more
    std::vector<Trial> deployed;                       // the objects of the deployed revision, when drift is looked for
    std::optional<model::StatefulSet> set;             // etcd's
    std::vector<model::Pod> pods;                      // of it
    std::vector<model::TemplateRevision> revisions;    // of it, when its pods are of several; else none is read
    std::vector<model::PersistentVolumeClaim> claims;  // of the release, or of one of the same name before it
    std::vector<model::MemberAnswers> members;         // empty: there are none, or they were not asked
    Maybe<std::vector<model::DisruptionBudget>> budgets;
    Maybe<std::vector<model::Node>> nodes;
    Maybe<std::vector<model::StorageClass>> classes;
    Maybe<std::vector<model::ResourceQuota>> quotas;
    std::vector<MissingRight> missing_rights;
    std::string role;          // with them, as YAML
    std::string lock_holder;   // whose lock lives; empty: nobody's
    bool was_cut_off = false;  // a run of ours was: what it left half done is gone on with
    std::string last_version;  // of etcd, when it was verified last, or whose data would be adopted
    int verified_members = 0;  // then; 0: it never was
    std::string left_behind;   // what the record tells of the cluster whose volumes are left: "3 members of …"
    model::Timestamp now;
    std::vector<std::string> notes;  // what could not be found out
};

}  // namespace plan
