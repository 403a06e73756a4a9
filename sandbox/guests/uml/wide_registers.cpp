// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

/// Preloaded into User-Mode Linux. Before 6.13 it keeps a process's extended registers in a buffer whose size was fixed when it was
/// built. The host's ptrace hands out the beginning of a wider state, but takes back a whole one only (EFAULT), so on a processor
/// with more registers (AMX: 11 KiB) no process ever starts. Here the wider state is read, its beginning exchanged, and all of it written.
#include <cstdarg>
#include <cstring>

#include <cpuid.h>
#include <dlfcn.h>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

namespace {

constexpr std::size_t widest = 65536;

/// The size of the host's whole state in bytes, as CPUID tells it.
std::size_t host_size() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  __cpuid_count(0xd, 0, eax, ebx, ecx, edx);
  return ebx;
}

} // namespace

extern "C" long ptrace(__ptrace_request request, ...) noexcept {
  va_list rest;
  va_start(rest, request);
  const int pid = va_arg(rest, int);
  void* const address = va_arg(rest, void*);
  void* const data = va_arg(rest, void*);
  va_end(rest);

  using function = long (*)(__ptrace_request, ...);
  static const auto next = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "ptrace"));
  static const std::size_t whole = host_size();
  auto* given = static_cast<iovec*>(data);
  const bool sets = request == PTRACE_SETREGSET && reinterpret_cast<std::size_t>(address) == NT_X86_XSTATE;
  if (!sets || given->iov_len >= whole || whole > widest) return next(request, pid, address, data);

  alignas(64) static thread_local char state[widest];
  iovec wide{state, whole};
  if (const long outcome = next(PTRACE_GETREGSET, pid, address, &wide); outcome != 0) return outcome;
  std::memcpy(state, given->iov_base, given->iov_len);
  return next(PTRACE_SETREGSET, pid, address, &wide);
}
