--- Rows that are not simulated yet, by the feature that they wait for. `subject`
-- stands for all rows on that file system.

return {}
