run "goes_on" {}

run "is_not_begun" {}
