// A typed client of the few parts of the Kubernetes API that the runner needs.
// Thread-safe; every call blocks until answer, stop or deadline.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "kube/credentials.hpp"
#include "kube/dry_run.hpp"
#include "kube/kubeconfig.hpp"
#include "kube/own_objects.hpp"
#include "model/kubernetes.hpp"
#include "model/pod_state.hpp"
#include "model/surroundings.hpp"
#include "sys/clock.hpp"
#include "sys/http.hpp"

namespace kube {

using model::Kind;

class Absence;  // kube/absence.hpp

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

// What the API server says is not allowed: 'User "x" cannot get resource "limitranges" in API group "" …'. Nothing: it
// says something else, as an admission that denies does, which answers 403, too; or it speaks of the whole cluster
// or of another namespace, where no Role of this one helps.
// https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/handlers/responsewriters/errors.go
[[nodiscard]] std::optional<Right> denied_right(std::string_view message, const std::string& namespace_name);
// Each verb once, each resource once.
void add_right(std::vector<Right>& rights, const Right& right);

struct Collection;  // kube/surroundings.hpp

// What became of the wish to have a pod go.
struct Departure {
    enum class Kind {
        granted,  // it goes
        gone,     // it went before: there is none of this name and UID
        refused   // not now: a PodDisruptionBudget, or passing trouble; ask again
    };
    Kind kind = Kind::granted;
    std::chrono::milliseconds retry_after{0};  // of refused: what the server asks for; zero: it does not say
    std::string reason;                        // of refused
};

class Client {
public:
    // Without tools no credential plugin can be run.
    Client(sys::Http& http, sys::Clock& clock, Connection connection, CredentialTools tools = {});

    [[nodiscard]] const Connection& connection() const { return connection_; }
    // Shared with whoever makes requests of its own: never null.
    [[nodiscard]] const std::shared_ptr<Credentials>& credentials() const { return credentials_; }
    [[nodiscard]] const std::shared_ptr<Absence>& absence() const { return absence_; }

    // "v1.37.2". The first call of a run: its errors explain an unreachable server. One that
    // answers with passing trouble is given ten seconds.
    [[nodiscard]] base::Result<std::string> server_version(const Scope& scope) const;
    // Blocks until the API server answers; true: it did not at once.
    [[nodiscard]] base::Result<bool> await_server(const Scope& scope) const;
    // 403 counts as "cannot tell": there.
    [[nodiscard]] base::Result<NamespaceState> namespace_state(const std::string& name, const Scope& scope) const;
    // What of `needed` the user may not do in the namespace: one SelfSubjectRulesReview, and where that is
    // no whole list a SelfSubjectAccessReview for each that is not in it. Nothing, too, when the API server cannot
    // tell.
    [[nodiscard]] base::Result<std::vector<Right>> missing_rights(const std::string& namespace_name,
                                                                  const std::vector<Right>& needed,
                                                                  const Scope& scope) const;

    [[nodiscard]] base::Result<List> list(Kind kind, const std::string& namespace_name,
                                          const std::string& label_selector, const Scope& scope) const;
    [[nodiscard]] base::Result<model::StatefulSet> stateful_set(const std::string& namespace_name,
                                                                const std::string& name, const Scope& scope) const;

    // LIST, then WATCH with bookmarks, in the calling thread until stopped; `on_change`
    // is called from this thread or the HTTP thread, one call at a time. What the server
    // ends is watched again from the last resource version; 410 (as HTTP or in the
    // stream) lists again. So do a dropped connection, 429, 5xx and an absent server, with
    // backoff until scope.deadline. Each of these is told to `on_trouble`, and the list is the
    // word that it is over: a watch that is open again says nothing until something happens.
    // Returns an error only for what will not get better: forbidden, unauthorized, protocol,
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

    // Rolling members (members.cpp). Each with the pod's UID as precondition, and asked once:
    // to ask again is up to whoever knows whether it is still wanted. What passes (429, 5xx, no
    // answer) is `refused`, no error.
    // https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
    [[nodiscard]] base::Result<Departure> evict_pod(const std::string& namespace_name, const std::string& name,
                                                    const std::string& uid, const Scope& scope) const;
    [[nodiscard]] base::Result<Departure> delete_pod(const std::string& namespace_name, const std::string& name,
                                                     const std::string& uid, const Scope& scope) const;
    // Takes away the `rollingUpdate` that the API server has filled in, with which it would not let
    // helm apply the type OnDelete. What is left is RollingUpdate with its defaults, and the field has
    // no owner. One that names a partition is left to its owner. Errors: conflict (changed meanwhile).
    [[nodiscard]] base::Result<void> drop_rolling_update(const std::string& namespace_name, const std::string& name,
                                                         const std::string& uid, const Scope& scope) const;
    // Has the set's controller look at it now, by an annotation of our own: it tries a refused pod again at ever longer
    // intervals, up to a quarter of an hour. Errors: conflict (another set of this name by now).
    [[nodiscard]] base::Result<void> wake_controller(const std::string& namespace_name, const std::string& name,
                                                     const std::string& uid, const Scope& scope) const;

    // The last `lines` lines of a container; `previous`: of the run before the restart. Empty for one that is gone.
    [[nodiscard]] base::Result<std::string> logs(const std::string& namespace_name, const std::string& pod,
                                                 const std::string& container, int lines, bool previous,
                                                 const Scope& scope) const;

    // The runner's own objects (own_objects.cpp). One that is there already is a success.
    [[nodiscard]] base::Result<void> create_namespace(const std::string& name, const Scope& scope) const;
    // Leases are asked for and written once each, without another try: whoever holds a lock keeps
    // his own time. Errors of write: conflict (somebody else has changed or created it).
    [[nodiscard]] base::Result<std::optional<Lease>> lease(const std::string& namespace_name, const std::string& name,
                                                           const Scope& scope) const;
    // Creates it when it has no resource version, else replaces just that version.
    [[nodiscard]] base::Result<Lease> write_lease(const std::string& namespace_name, const Lease& lease,
                                                  const Scope& scope) const;
    // Just that version. One that is gone is a success. Errors: conflict.
    [[nodiscard]] base::Result<void> delete_lease(const std::string& namespace_name, const Lease& lease,
                                                  const Scope& scope) const;
    [[nodiscard]] base::Result<std::optional<std::string>> note(const std::string& namespace_name,
                                                                const std::string& name, const std::string& key,
                                                                const Scope& scope) const;
    [[nodiscard]] base::Result<void> write_note(const std::string& namespace_name, const Note& note,
                                                const Scope& scope) const;
    [[nodiscard]] base::Result<void> delete_note(const std::string& namespace_name, const std::string& name,
                                                 const Scope& scope) const;

    // What health is judged by beyond the objects that are watched; each asked once, since all
    // of it may be forbidden and nothing depends on it. (placement.cpp)
    [[nodiscard]] base::Result<std::vector<model::DisruptionBudget>> disruption_budgets(
        const std::string& namespace_name, const Scope& scope) const;
    // Of a node, by its well-known label; empty when it has none.
    [[nodiscard]] base::Result<std::string> zone_of_node(const std::string& node, const Scope& scope) const;
    // The node's condition Ready. Errors: forbidden is common.
    [[nodiscard]] base::Result<model::Condition> readiness_of_node(const std::string& node, const Scope& scope) const;
    // The volumes of the namespace's pods on this node, as its kubelet measures them.
    // Needs get on nodes/proxy.
    [[nodiscard]] base::Result<std::vector<model::VolumeUse>> volume_use(const std::string& node,
                                                                         const std::string& namespace_name,
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

    // Trying to apply (dry_run.cpp). The kinds of "apps/v1". Errors: not_found (there is no such group or version).
    [[nodiscard]] base::Result<std::vector<ApiResource>> resources(const std::string& api_version,
                                                                   const Scope& scope) const;
    // As JSON, of the path that resource_path() gives. It may be a Secret: never log it.
    [[nodiscard]] base::Result<std::optional<std::string>> object(const std::string& path, const Scope& scope) const;
    enum class TakeFields { no, yes };  // those that somebody else owns
    // Applies nothing: the API server only says what it would make of it, with helm's field manager. What it
    // refuses is no error but part of the answer. Errors: what passes (429, 5xx, no answer), unauthorized.
    [[nodiscard]] base::Result<DryRun> try_apply(const std::string& path, const std::string& yaml, TakeFields take,
                                                 const Scope& scope) const;
    // The same for making one that is not there: `path` is that of the collection, `json` the object. Quotas and
    // admission judge pods by themselves, not the set that makes them.
    [[nodiscard]] base::Result<DryRun> try_create(const std::string& path, const std::string& json,
                                                  const Scope& scope) const;

private:
    [[nodiscard]] base::Result<std::vector<Right>> asked_one_by_one(const std::string& namespace_name,
                                                                    const std::vector<Right>& needed,
                                                                    const Scope& scope) const;

    sys::Clock& clock_;
    Connection connection_;
    std::shared_ptr<Credentials> credentials_;
    std::shared_ptr<Absence> absence_;  // never null
    std::unique_ptr<sys::Http> authenticated_;
    sys::Http& http_;  // authenticated_
};

}  // namespace kube
