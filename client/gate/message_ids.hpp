// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// MESSAGE_ID= of what an administrator may want to find or act on. Never change one, never use one for something else.
namespace luod::gate::message {

inline constexpr const char* shutdownStopped = "4e781eeeaaa04d26a0569e878b09aa12";
inline constexpr const char* shutdownLetGo = "3f2b3a81335d411bb056a7e41212f21f";
inline constexpr const char* unguarded = "0b8359b6bf28491bbc39485ef3471a7d";
inline constexpr const char* cannotStop = "e2c06000920e43f499a79292bf8106ad";
inline constexpr const char* shutdownStarted = "7191f65d6160448e80cc40487528e106";
inline constexpr const char* failed = "e9cd0071262a4f0da300a94bbb2d72f7";

} // namespace luod::gate::message
