#pragma once

#include <span>

#include "llm/recognition.hpp"
#include "upstream/connector.hpp"

namespace upstream {

/// Whether a backend may be asked more than its list: all its addresses are known and private.
/// A stranger on the internet is neither told what we look for nor troubled with it.
bool may_probe(const Endpoint& endpoint);

/// Where to begin: from the configuration, the host's name, the list (empty if there is none) and
/// may_probe(), so that the name is to be resolved before.
llm::Recognition begin_recognition(const Endpoint& endpoint,
                                   std::span<const llm::ListedModel> models);

/// Asks what the recognition wants to know, question by question, with the backend's credentials,
/// 2 s at most for each answer. Asks nothing once the address is no longer private. Never fails:
/// what isn't answered isn't known. Of any thread whose connector it is.
io::Task<llm::Recognised> recognise(io::Loop& loop, Connector& connector, Endpoint& endpoint,
                                    llm::Recognition recognition);

}  // namespace upstream
