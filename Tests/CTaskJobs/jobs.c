#include "CTaskJobs.h"

#define SWIFT_CALL __attribute__((swiftcall))

typedef SWIFT_CALL void (*enqueue)(void *job);

// The runtime's own door for this purpose (swift/ABI/Executor.h).
extern SWIFT_CALL void (*swift_task_enqueueGlobal_hook)(void *job, enqueue original);

static void (*taken)(void *job);

static SWIFT_CALL void hand_over(void *job, enqueue original) {
  (void)original;
  taken(job);
}

void take_task_jobs(void (*take)(void *job)) {
  taken = take;
  swift_task_enqueueGlobal_hook = hand_over;
}
