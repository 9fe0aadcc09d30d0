/* Moves the clock of the day by SECONDS_AHEAD, for every process that has this library in LD_PRELOAD.

   Only what tells the day: clocks that measure how long something takes, timers and the times of files stay as they
   are. libfaketime 0.9.10 cannot do that for Python 3.11 or newer: where it leaves the monotonic clock alone,
   `time.sleep` fails, and where it moves it, every wait with a timeout hangs. */

#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t ahead;

__attribute__((constructor)) static void read_ahead(void) {
  const char *text = getenv("SECONDS_AHEAD");
  ahead = text ? (time_t)atoll(text) : 0;
}

int clock_gettime(clockid_t id, struct timespec *at) {
  int failed = (int)syscall(SYS_clock_gettime, id, at);
  if (!failed && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_TAI)) at->tv_sec += ahead;
  return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  (void)zone;
  int failed = (int)syscall(SYS_gettimeofday, at, NULL);
  if (!failed) at->tv_sec += ahead;
  return failed;
}

time_t time(time_t *into) {
  struct timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  if (into) *into = at.tv_sec;
  return at.tv_sec;
}
