Allocations.main()
