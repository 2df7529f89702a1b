package main

func configureArguments() string { return "" }
