// A typed client of the few parts of the Kubernetes API that the runner needs.
// Thread-safe; every call blocks until answer, stop or deadline.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "kube/kubeconfig.hpp"
#include "model/kubernetes.hpp"
#include "model/surroundings.hpp"
#include "sys/clock.hpp"
#include "sys/http.hpp"

namespace kube {

using model::Kind;

struct List {
    std::vector<model::Object> items;
    std::string resource_version;  // to watch from
    std::string continue_token;    // of a page; Client::list gives whole lists
};

enum class ChangeType {
    synced,    // a complete listing begins to count: whatever is not in `listed` is gone
    upserted,  // object added or changed
    deleted,
};

// What a watch tells. `listed` belongs to synced, `object` to the others.
struct Change {
    ChangeType type = ChangeType::upserted;
    Kind kind = Kind::pod;
    std::vector<model::Object> listed;
    std::vector<model::Object> object;  // none or one
};

// A helm release's Secret ("sh.helm.release.v1.NAME.vN"), by its labels alone.
struct ReleaseSecret {
    std::string name;
    int revision = 0;
    std::string status;
};

enum class NamespaceState { absent, there, being_deleted };

// Something that a user may be allowed: {"apps", "statefulsets", {"get", "list"}}.
struct Right {
    std::string group;  // "" is the core
    std::string resource;
    std::vector<std::string> verbs;
    friend bool operator==(const Right&, const Right&) = default;
};

struct Scope {
    std::stop_token stop;
    sys::Deadline deadline;
};

struct Collection;  // kube/surroundings.hpp

class Client {
public:
    Client(sys::Http& http, sys::Clock& clock, Connection connection);

    [[nodiscard]] const Connection& connection() const { return connection_; }

    // "v1.37.2". The first call of a run: its errors explain an unreachable server.
    [[nodiscard]] base::Result<std::string> server_version(const Scope& scope) const;
    // 403 counts as "cannot tell": there.
    [[nodiscard]] base::Result<NamespaceState> namespace_state(const std::string& name, const Scope& scope) const;
    // What of `needed` the user may not do in the namespace (SelfSubjectRulesReview);
    // nothing, too, when the API server cannot tell.
    [[nodiscard]] base::Result<std::vector<Right>> missing_rights(const std::string& namespace_name,
                                                                  const std::vector<Right>& needed,
                                                                  const Scope& scope) const;

    [[nodiscard]] base::Result<List> list(Kind kind, const std::string& namespace_name,
                                          const std::string& label_selector, const Scope& scope) const;
    [[nodiscard]] base::Result<model::StatefulSet> stateful_set(const std::string& namespace_name,
                                                                const std::string& name, const Scope& scope) const;

    // LIST, then WATCH with bookmarks, in the calling thread until stopped; `on_change`
    // is called from this thread or the HTTP thread, one call at a time. A dropped
    // connection is watched again from the last resource version; 410 (as HTTP or in
    // the stream) lists again; 429, 5xx and an absent server are retried with backoff
    // (told to `on_trouble`, one line per new trouble) until scope.deadline. Returns an
    // error only for what will not get better: forbidden, unauthorized, protocol,
    // or the deadline.
    // https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
    [[nodiscard]] base::Result<void> watch(Kind kind, const std::string& namespace_name,
                                           const std::function<void(Change)>& on_change,
                                           const std::function<void(std::string)>& on_trouble,
                                           const Scope& scope) const;

    // Newest last. Only metadata travels (PartialObjectMetadataList).
    [[nodiscard]] base::Result<std::vector<ReleaseSecret>> release_secrets(const std::string& namespace_name,
                                                                           const std::string& release,
                                                                           const Scope& scope) const;
    // The value of key "release" in that Secret, base64 of the API removed (what
    // remains is helm's own base64 of gzip of JSON). Never log it.
    [[nodiscard]] base::Result<std::string> release_payload(const std::string& namespace_name,
                                                            const std::string& secret, const Scope& scope) const;

    // Replaces that value by what `edit` makes of it, and the Secret's status by
    // `secret.status`. Errors: conflict (somebody else changed it meanwhile), forbidden,
    // unreachable, timed_out, what `edit` says. Not repeated.
    [[nodiscard]] base::Result<void> rewrite_release(
        const std::string& namespace_name, const ReleaseSecret& secret,
        const std::function<base::Result<std::string>(std::string_view)>& edit, const Scope& scope) const;

    // The value of a key of a Secret, base64 of the API removed. Never log it. Errors:
    // not_found (the Secret, or that key of it).
    [[nodiscard]] base::Result<std::string> secret_value(const std::string& namespace_name, const std::string& secret,
                                                         const std::string& key, const Scope& scope) const;

    // Deletes unless it has been replaced meanwhile (UID precondition). A thing that is
    // already gone is a success.
    [[nodiscard]] base::Result<void> delete_claim(const std::string& namespace_name, const std::string& name,
                                                  const std::string& uid, const Scope& scope) const;

    // The last `lines` lines of a container; `previous`: of the run before the restart.
    [[nodiscard]] base::Result<std::string> logs(const std::string& namespace_name, const std::string& pod,
                                                 const std::string& container, int lines, bool previous,
                                                 const Scope& scope) const;

    // A collection as it came, page by page (surroundings.cpp). Asked again after passing
    // trouble only; of a huge one the first pages.
    [[nodiscard]] base::Result<std::vector<std::string>> pages(const Collection& collection,
                                                               const std::string& namespace_name,
                                                               const Scope& scope) const;
    // The newest revision of each release, by labels alone; all namespaces' when none is
    // named, all releases when none is.
    [[nodiscard]] base::Result<std::vector<model::ReleaseState>> releases(const std::string& namespace_name,
                                                                          const std::string& release,
                                                                          const Scope& scope) const;

private:
    sys::Http& http_;
    sys::Clock& clock_;
    Connection connection_;
};

}  // namespace kube
