#pragma once

/// From now on each job that Swift would run on a thread of its own is handed to `take` instead, on
/// the thread that made it ready; `take` keeps it until somebody runs it.
void take_task_jobs(void (*_Nonnull take)(void *_Nonnull job));
