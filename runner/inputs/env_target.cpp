#include "inputs/check.hpp"
#include "inputs/shown.hpp"

namespace inputs {

// The name and the path are for the editor of the file to judge: it knows what it can write.
model::EnvTarget check_env_target(const Given& given, const World& world, Faults& faults) {
    model::EnvTarget target{.file = expand_home(given.text("file").value_or(""), world),
                            .name = given.text_or_default("env"),
                            .path = given.text_or_default("env-path"),
                            .only_check = check_boolean(given, "check", faults)};
    if (target.file.empty()) {
        if (target.only_check) {
            faults.push_back({.input = "check",
                              .message = "it is not said which file to check",
                              .hint = "give the input file, or leave check out"});
        }
        return target;
    }
    switch (world.kind(target.file)) {
        case PathKind::file: break;
        case PathKind::missing:
            faults.push_back({.input = "file",
                              .message = "there is no such file",
                              .hint = "paths count from the working directory; connect makes no new files",
                              .file = target.file});
            break;
        case PathKind::folder:
            faults.push_back({.input = "file",
                              .message = "this is a folder",
                              .hint = "name the values file in it",
                              .file = target.file});
            break;
        case PathKind::pipe:
            faults.push_back({.input = "file",
                              .message = "this is a pipe, which cannot be changed in place",
                              .hint = "name a values file",
                              .file = target.file});
            break;
    }
    return target;
}

}  // namespace inputs
